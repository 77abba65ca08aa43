"""A campaign that cannot do its work stands in error with the reason, loses nothing, and is started anew."""

import asyncio
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from click.testing import CliRunner

from channels.sandbox import Fault
from gateway.cli import main
from gateway.clock import Bell
from gateway.guarding import Guard, fail_all
from gateway.hindrances import NO_RULES, Hindrances
from gateway.server import idle_campaigns
from gateway.settings import Settings
from storage.errors import StorageUnavailable
from tests.gateway.example_rules import ADA, BEN, ECHO, HELLO
from tests.gateway.running import World, running, until
from tests.gateway.service import Outside, write_service_project
from tests.gateway.test_rule_files_in_force import spoil

REFUSED = Fault("fail", status=401, code="20003")
PLANNED = HELLO.replace("agent: host}", "agent: host, at: now() + hours(1)}")
PAUSE = """
campaign: pause
flows:
  main:
    joined: {when: participant_created, next: rest}
    rest: {do: wait, for: 2d, next: done}
    done: {do: finish, outcome: rested}
"""
BY_NODE = """
campaign: ask
flows:
  main:
    joined: {when: participant_created, next: ask}
    ask: {do: call_webhook, service: crm}
"""
BY_AGENT = """
campaign: ask
agents: {helper: {kind: webhook, service: crm}}
flows:
  main:
    joined: {when: participant_created, next: talk}
    talk: {do: communicate, channel: sms, agent: helper}
"""
NO_SECRET = "the service crm has no secret: set POINTSMAN_SERVICES__CRM__SECRET and restart the gateway"


async def standing(world: World) -> dict[str, tuple[str, str]]:
    """Status and reason of every campaign."""
    return {row["name"]: (row["status"], row["reason"]) for row in await world.read(lambda t: t.campaigns.all())}


async def start(world: World, campaign: str) -> tuple[int, str]:
    """Ask the API to start a campaign: the status of its answer, and what it says."""
    async with world.api("POST", f"campaigns/{campaign}/start", b"") as answer:
        told = await answer.json()
    await world.quiet()
    return answer.status, told.get("detail", told.get("status"))


async def command(project: Path, *arguments: str) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, main, ["campaign", *arguments, "-C", str(project)])
    assert result.exit_code == 0, result.output
    return result.output


async def test_a_channel_that_is_down_stops_the_campaign_and_burns_nothing(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, HELLO, ECHO, database=database_url) as world:
        for campaign in ("hello", "echo"):
            await world.start(campaign)
        world.sandbox.twilio("sms").behaviour.add(REFUSED)
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        await world.give("hello", {"phone": BEN, "name": "Ben"})
        assert await standing(world) == {
            "hello": ("error", "channel sms: 20003 wrong credentials"),
            "echo": ("active", ""),
        }
        await world.give("echo", {"phone": BEN})
        await world.passes(minutes=2)
        await world.texts(BEN, "hi")
        assert (world.heard(ADA), world.heard(BEN)) == ([], ["You wrote hi"])
        assert await start(world, "hello") == (200, "active")
        await world.passes(minutes=1)
        assert (world.heard(ADA), world.heard(BEN)) == (["Hello Ada"], ["You wrote hi", "Hello Ben"])
        assert await world.statuses("hello") == ["completed", "completed"]


async def test_what_a_campaign_in_error_has_planned_begins_once_it_runs_again(tmp_path: Path) -> None:
    async with running(tmp_path, PLANNED) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        await world.gateway.storage.run(lambda t: t.campaigns.fail(["hello"], "for a test"))
        await world.passes(hours=2)
        assert (await world.statuses("hello"), world.heard(ADA)) == (["planned"], [])
        await start(world, "hello")
        assert world.heard(ADA) == ["Hello Ada"]


async def test_the_command_line_tells_the_reason_and_starts_the_campaign_anew(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        world.sandbox.twilio("sms").behaviour.add(REFUSED)
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        told = await command(tmp_path, "status")
        assert told.startswith("hello: error (channel sms: 20003 wrong credentials)\n")
        assert "pointsman campaign start hello" in told
        await command(tmp_path, "start", "hello")
        assert (await standing(world))["hello"] == ("active", "")
        await command(tmp_path, "stop", "hello")
        await world.passes(minutes=2)
        assert world.heard(ADA) == ["Hello Ada"]  # what a stopped campaign owes is sent


@pytest.mark.parametrize("rules", [BY_NODE, BY_AGENT], ids=["node", "agent"])
async def test_a_campaign_whose_service_has_no_secret_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: str
) -> None:
    write_service_project(tmp_path, Outside(), rules, ECHO)
    async with running(tmp_path) as world:
        for campaign in ("ask", "echo"):
            await world.start(campaign)
    missing = {"crm": "POINTSMAN_SERVICES__CRM__SECRET", "other": "POINTSMAN_SERVICES__OTHER__SECRET"}
    monkeypatch.setattr(Settings, "missing_secrets", lambda self: missing)
    async with running(tmp_path) as world:
        assert await standing(world) == {"ask": ("error", NO_SECRET), "echo": ("active", "")}
        assert await start(world, "ask") == (409, f"ask cannot run: {NO_SECRET}")
        assert (await standing(world))["ask"] == ("error", NO_SECRET)
        await world.gateway.storage.run(lambda t: t.campaigns.set_status("ask", "active", world.clock.now()))
        await until(lambda: in_error(world, "ask"))  # the command line does not know the gateway's secrets


async def in_error(world: World, campaign: str) -> bool:
    return (await standing(world))[campaign][0] == "error"


async def test_a_campaign_does_not_run_while_a_version_that_something_waits_on_cannot_be_loaded(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINTSMAN_DATABASE", database_url)
    async with running(tmp_path, PAUSE, database=database_url) as world:
        await world.start("pause")
        await world.give("pause", {"phone": ADA})
        await world.gateway.storage.run(lambda t: spoil(t, world.gateway.rulebooks.of("pause").hash))
    (tmp_path / "rules" / "1.yaml").write_text(PAUSE.replace("2d", "3d"))
    async with running(tmp_path, database=database_url) as world:
        status, reason = (await standing(world))["pause"]
        assert (status, "can no longer be loaded (not valid YAML" in reason) == ("error", True), reason
        assert (await start(world, "pause"))[0] == 409
        result = await asyncio.to_thread(
            CliRunner().invoke, main, ["plan", "--move", "main.rest=main.rest", "-C", str(tmp_path)]
        )
        assert result.exit_code == 0, result.output
        await world.quiet()
        assert await start(world, "pause") == (200, "active")
        await world.passes(days=3)
        assert [person["outcome"] for person in await world.people("pause")] == ["rested"]


async def test_a_campaign_without_any_usable_rule_file_is_listed_in_error(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        await world.gateway.storage.run(lambda t: spoil(t, world.gateway.rulebooks.of("hello").hash))
    (tmp_path / "rules" / "1.yaml").write_text("{")
    async with running(tmp_path) as world, world.api("GET", "campaigns", b"") as answer:
        (listed,) = (await answer.json())["campaigns"]
        assert f"hello: error ({NO_RULES})" in await command(tmp_path, "status")

    assert (listed["status"], listed["reason"]) == ("error", NO_RULES)


async def test_the_gateway_says_at_its_start_what_is_in_error_and_what_to_do(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO, ECHO) as world:
        await world.start("hello")
        await world.stop("echo")
        await world.gateway.storage.run(lambda t: t.campaigns.fail(["hello"], "for a test"))
    async with running(tmp_path) as world:
        assert await idle_campaigns(world.gateway) == [
            "campaign echo does not run; to start it: pointsman campaign start echo",
            "campaign hello is in error (for a test); mend it, then: pointsman campaign start hello",
        ]


async def test_what_cannot_run_is_put_in_error_though_the_database_was_away_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        guard = Guard(world.gateway.storage, world.gateway.guard.hindrances, Bell(world.clock))
        monkeypatch.setattr(Hindrances, "of", lambda self, t, campaign: ("for a test",))
        with monkeypatch.context() as outage:
            outage.setattr(world.gateway.storage, "run", AsyncMock(side_effect=StorageUnavailable))
            with pytest.raises(StorageUnavailable):
                await guard.look()
        await guard.look()

        assert (await standing(world))["hello"] == ("error", "for a test")


async def test_a_campaign_that_was_stopped_while_it_was_looked_at_stays_stopped(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        await world.stop("hello")
        await world.gateway.storage.run(lambda t: fail_all(t, {"hello": "for a test"}))

        assert (await standing(world))["hello"] == ("inactive", "")
