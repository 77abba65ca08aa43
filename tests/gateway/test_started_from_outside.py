"""`pointsman campaign start` beside a gateway at work: it tells what the gateway makes of it, and wakes what rests."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from channels.sandbox import Fault
from gateway import guarding, sender
from gateway.campaigns import OBJECTS_WITHIN, objection
from gateway.cli import main
from gateway.clock import ManualClock
from gateway.settings import Settings
from tests.gateway.example_rules import ADA, HELLO
from tests.gateway.running import START, running, until
from tests.gateway.service import Outside, write_service_project
from tests.gateway.test_campaign_errors import BY_NODE, NO_SECRET, PAUSE

MISSING = {"crm": "POINTSMAN_SERVICES__CRM__SECRET"}


async def start(project: Path, campaign: str) -> Result:
    arguments = ["campaign", "start", campaign, "-C", str(project)]
    return await asyncio.to_thread(CliRunner().invoke, main, arguments)


async def test_a_start_that_the_gateway_undoes_is_refused_in_the_gateway_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the API says it with 409; that this shell lacks the secret, or has it, is nothing to the gateway."""
    monkeypatch.setattr(guarding, "SWEEP", 0.01)
    write_service_project(tmp_path, Outside(), BY_NODE)
    with monkeypatch.context() as gateway_s:
        gateway_s.setattr(Settings, "missing_secrets", lambda self: MISSING)
        async with running(tmp_path):
            result = await start(tmp_path, "ask")

    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"pointsman: ask cannot run: {NO_SECRET}")


async def test_without_a_gateway_a_start_names_the_secret_that_is_not_in_this_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway's own environment may have it: the campaign is started all the same."""
    write_service_project(tmp_path, Outside(), BY_NODE)
    result = await start(tmp_path, "ask")
    monkeypatch.setenv(MISSING["crm"], "a secret long enough for that")

    assert (result.exit_code, "ask is active" in result.output) == (0, True)
    assert "the service crm has no secret in this shell" in result.output
    assert f"(set {MISSING['crm']})" in result.output
    assert "in this shell" not in (await start(tmp_path, "ask")).output


async def test_a_gateway_that_does_not_object_is_waited_for_no_longer_than_it_says(tmp_path: Path) -> None:
    clock = ManualClock(START)
    async with running(tmp_path, PAUSE) as world:
        await world.start("pause")
        waiting = asyncio.create_task(objection(world.gateway.storage, "pause", clock))
        while not waiting.done():
            await until(lambda: asleep(clock, waiting))
            clock.advance_to(clock.next_wake() or clock.now())
            await asyncio.sleep(0)

        assert await waiting == ""
    assert abs(clock.now() - START - timedelta(seconds=OBJECTS_WITHIN)) < timedelta(milliseconds=1)


async def asleep(clock: ManualClock, task: "asyncio.Task[str]") -> bool:
    return task.done() or clock.next_wake() is not None


async def test_a_channel_that_was_down_is_asked_at_once_when_a_campaign_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No time passes on the gateway's clock."""
    monkeypatch.setattr(sender, "SWEEP", 0.01)
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        world.sandbox.twilio("sms").behaviour.add(Fault("refuse", times=2))
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        async with world.api("POST", "campaigns/hello/start", b""):
            await until(lambda: stands(world.gateway.storage, "error"))
        assert world.heard(ADA) == []
        assert (await start(tmp_path, "hello")).exit_code == 0
        await world.quiet()
        assert world.heard(ADA) == ["Hello Ada"]


async def stands(storage: object, status: str) -> bool:
    row = await storage.read(lambda t: t.campaigns.get("hello"))  # type: ignore[attr-defined]
    return bool(row["status"] == status)
