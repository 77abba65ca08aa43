"""What waits on a version of the rule file that can no longer be loaded, or whose file is gone, can be settled."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.gateway.example_rules import ADA
from tests.gateway.running import SETTINGS, World, running, write_project
from tests.gateway.service import Outside, write_service_project

ASKING = """
campaign: patience
fields:
  begins: {type: datetime}
agents:
  host: {kind: notice, text: "Welcome"}
flows:
  greet:
    joined: {when: participant_created, next: talk}
    talk: {do: communicate, channel: sms, agent: host, at: participant.begins, next: pause}
    pause: {do: wait, for: 2d, next: done}
    done: {do: finish, outcome: rested}
  ask:
    changed: {when: participant_updated, next: ask}
    ask: {do: call_webhook, service: crm}
"""
SILENT = ASKING.partition("  ask:")[0]  # every node on which something waits stays as it is
LOST = 'can no longer be loaded (there is no service "crm")'


async def command(project: Path, *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, [*arguments, "-C", str(project)])


@pytest.fixture
async def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody waits on a version that asks a service, which has left the settings and the rule file since."""
    monkeypatch.setenv("POINTSMAN_DATABASE", database_url)
    write_service_project(tmp_path, Outside(), ASKING)
    async with running(tmp_path, database=database_url) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA, "begins": "2027-03-04T12:00"})
    (tmp_path / "pointsman.toml").write_text(SETTINGS)
    (tmp_path / "rules" / "1.yaml").write_text(SILENT)
    return tmp_path


async def counts(world: World) -> tuple[int, list[str]]:
    """How many paths wait, and how the talks stand."""
    found = await world.read(lambda t: t.campaigns.counts("patience"))
    return sum(found.waiting.values()), await world.statuses("patience")


async def test_a_plan_tells_of_a_version_that_can_no_longer_be_loaded_though_its_nodes_are_the_same(
    project: Path,
) -> None:
    told = (await command(project, "plan")).output

    assert told.count(f"UTC; the node is the same; that version {LOST}") == 2
    assert "to settle it: pointsman plan --campaign patience" in told


async def test_what_waits_on_it_ends_and_the_campaign_can_be_started(project: Path, database_url: str) -> None:
    async with running(project, database=database_url) as world:
        assert (await command(project, "campaign", "start", "patience")).exit_code == 2
        result = await command(project, "plan", "--end")
        assert "greet.pause: 1 run to end" in result.output
        assert "greet.talk: 1 planned communication to end" in result.output
        world.gateway.wake()
        await world.quiet()
        assert await counts(world) == (0, ["canceled"])
        assert "is active" in (await command(project, "campaign", "start", "patience")).output


async def test_one_node_of_it_moves_to_the_same_node_and_the_rest_ends(project: Path, database_url: str) -> None:
    async with running(project, database=database_url) as world:
        result = await command(project, "plan", "--move", "greet.talk=greet.talk", "--end")
        assert "greet.talk: 1 planned communication to move to greet.talk" in result.output
        world.gateway.wake()
        await world.quiet()
        assert await counts(world) == (0, ["planned"])
        await command(project, "campaign", "start", "patience")
        await world.passes(days=4)
        assert world.heard(ADA) == ["Welcome"]


@pytest.mark.parametrize("others", [True, False], ids=["other files", "no file"])
async def test_a_plan_lists_a_campaign_whose_file_is_gone_and_says_what_to_do(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, others: bool
) -> None:
    monkeypatch.setenv("POINTSMAN_DATABASE", database_url)
    other = "campaign: other\nflows:\n  f:\n    joined: {when: participant_created, next: end}\n    end: {do: finish}\n"
    write_project(tmp_path, SILENT, *([other] if others else []))
    async with running(tmp_path, database=database_url) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA, "begins": "2027-03-04T12:00"})
    (tmp_path / "rules" / "1.yaml").unlink()
    told = (await command(tmp_path, "plan")).output
    refused = await command(tmp_path, "plan", "--campaign", "patience", "--end")

    assert "patience: 1.yaml (gone), version " in told
    assert "greet.pause: 1 run on this version" in told
    assert ("other: 2.yaml" in told) is others
    assert refused.exit_code == 2
    assert f"no file is about patience any more: put one into {tmp_path / 'rules'} first" in refused.stderr
