"""Rule files that change while the gateway runs."""

from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from gateway.app import open_gateway
from gateway.clock import ManualClock
from gateway.settings import SettingsError
from storage.transaction import Transaction
from tests.gateway.example_rules import ADA, ASK_NOW, BEN, ECHO
from tests.gateway.running import START, World, project_settings, running, write_project

SHOUT = ECHO.replace("You wrote {{ message.text }}", "{{ message.text | upper }}!")
BROKEN = ECHO.replace("next: answer", "next: anwser")


async def test_a_changed_file_comes_into_force(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        await world.edit(1, SHOUT)
        await world.texts(ADA, "hello")
        assert world.heard(ADA) == ["HELLO!"]


async def test_a_new_file_brings_a_new_campaign(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.edit(2, ASK_NOW)
        assert list(world.gateway.rulebooks.active) == ["echo", "ask"]
        assert (await world.read(lambda t: t.campaigns.get("ask")) or {})["status"] == "inactive"


@pytest.mark.parametrize("content", [BROKEN, "", "{", "campaign: [\x00]"], ids=["typo", "empty", "no YAML", "NUL"])
async def test_a_broken_file_changes_nothing_and_its_mistakes_are_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        await world.edit(1, content)
        await world.texts(ADA, "hello")
        assert world.heard(ADA) == ["You wrote hello"]
        assert f"{tmp_path}/rules/1.yaml:" in capsys.readouterr().err


async def test_a_restart_with_a_broken_file_goes_on_with_the_version_that_ran(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
    (tmp_path / "rules" / "1.yaml").write_text(BROKEN)
    async with running(tmp_path, database=database_url) as world:
        await world.texts(ADA, "hello")
        assert world.heard(ADA) == ["You wrote hello"]
        await world.edit(1, SHOUT)
        await world.texts(ADA, "hello")
        assert world.heard(ADA)[-1] == "HELLO!"


@pytest.mark.parametrize("restarts", [False, True], ids=["running on", "after a restart"])
async def test_an_open_talk_keeps_the_agent_it_began_with(tmp_path: Path, database_url: str, restarts: bool) -> None:
    changed = ASK_NOW.replace("Noted.", "Changed.").replace("boolean", "string")
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.passes(seconds=2)
        if not restarts:
            await world.edit(1, changed)
            await answer_both(world)
    if restarts:
        (tmp_path / "rules" / "1.yaml").write_text(changed)
        async with running(tmp_path, database=database_url) as world:
            await answer_both(world)


async def answer_both(world: World) -> None:
    await world.give("ask", {"phone": BEN, "name": "Ben"})
    await world.passes(seconds=2)
    for phone in (ADA, BEN):
        await world.texts(phone, "yes")
    results = {talk["address"]: talk["talk"]["results"] for talk in await world.talks("ask")}
    assert results == {ADA: {"comes": True}, BEN: {"comes": "yes"}}
    assert (world.heard(ADA)[-1], world.heard(BEN)[-1]) == ("Noted.", "Changed.")


async def test_a_start_that_is_refused_lets_go_of_the_database(tmp_path: Path) -> None:
    write_project(tmp_path, ASK_NOW.replace("channel: sms", "channel: fax"))
    for _ in range(2):
        with pytest.raises(SettingsError, match=r'1\.yaml:16:37: there is no channel "fax"'):
            await open_gateway(project_settings(tmp_path), ManualClock(START))


async def test_a_campaign_whose_file_can_be_read_no_more_does_not_keep_people_from_the_others(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO, ASK_NOW) as world:
        for campaign in ("echo", "ask"):
            await world.start(campaign)
            await world.give(campaign, {"phone": ADA})
        await world.texts(ADA, "no")
        hash = world.gateway.rulebooks.of("ask").hash
        await world.gateway.storage.run(lambda t: spoil(t, hash))
    (tmp_path / "rules" / "2.yaml").unlink()
    async with running(tmp_path) as world:
        await world.texts(ADA, "hello")
        assert world.heard(ADA)[-1] == "You wrote hello"


def spoil(t: Transaction, hash: str) -> None:
    t.inbox._connection.execute(text("UPDATE rule_version SET text = '{' WHERE hash = :hash"), {"hash": hash})


async def test_a_rule_file_that_went_away_is_told_once_and_its_campaign_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO, ASK_NOW) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        with capture_logs() as logs:
            (tmp_path / "rules" / "1.yaml").unlink()
            await world.edit(2, ASK_NOW + "# changed")
            await world.edit(2, ASK_NOW + "# changed again")
        await world.texts(ADA, "hello")

        assert world.heard(ADA) == ["You wrote hello"]
    assert [line["campaign"] for line in logs if line["event"] == "rule_file_gone"] == ["echo"]
