"""A rule file that is broken is told wherever an operator looks, with what the campaign goes on with."""

import asyncio
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from structlog.testing import capture_logs

from gateway.cli import main
from gateway.doctor.rounds import look_at
from tests.gateway.example_rules import ECHO, HELLO
from tests.gateway.running import World, running

BROKEN = ECHO.replace("next: answer", "next: anwser")
UNREADABLE = "{"


async def listed(world: World) -> Any:
    async with world.api("GET", "campaigns", b"") as answer:
        return await answer.json()


async def status(project: Path, *names: str) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, main, ["campaign", "status", *names, "-C", str(project)])
    assert result.exit_code == 0, result.output
    return result.output


async def test_a_broken_file_is_told_with_the_version_that_its_campaign_goes_on_with(
    tmp_path: Path, database_url: str, monkeypatch: Any
) -> None:
    monkeypatch.setenv("POINTSMAN_DATABASE", database_url)
    async with running(tmp_path, ECHO, HELLO, database=database_url) as world:
        await world.start("echo")
        await world.edit(1, BROKEN)
        found = {campaign["campaign"]: campaign["broken_file"] for campaign in (await listed(world))["campaigns"]}
        async with world.api("GET", "campaigns/echo", b"") as answer:
            one = await answer.json()
        told = await status(tmp_path)
        hash = world.gateway.rulebooks.of("echo").hash

    assert found == {"echo": {"file": "1.yaml", "errors": 1}, "hello": None}
    assert (one["broken_file"], one["rules"], one["status"]) == (found["echo"], hash, "active")
    line = f"echo: active\n  1.yaml has 1 error (run `pointsman check`): it goes on with version {hash[:12]}\n"
    assert line in told
    assert told.count("error") == 1


async def test_a_file_that_is_gone_is_told_with_the_version_that_its_campaign_goes_on_with(
    tmp_path: Path, monkeypatch: Any
) -> None:
    async with running(tmp_path, ECHO, HELLO) as world:
        await world.start("echo")
        (tmp_path / "rules" / "1.yaml").unlink()
        await world.edit(2, HELLO + "\n# changed\n")
        found = {campaign["campaign"]: campaign["file_gone"] for campaign in (await listed(world))["campaigns"]}
        told, hash = await status(tmp_path), world.gateway.rulebooks.of("echo").hash
        monkeypatch.setenv("POINTSMAN_PORT", str(world.gateway.settings.port))
        doubts = [one for one in await look_at(tmp_path, sandbox=True) if one.topic == "rules" and "gone" in one.text]
        (tmp_path / "rules" / "1.yaml").write_text(ECHO)
        await world.edit(2, HELLO)
        after = [campaign["file_gone"] for campaign in (await listed(world))["campaigns"]]

    assert (found, after) == ({"echo": True, "hello": False}, [False, False])
    gone = f"1.yaml is gone from the rules folder: it goes on with version {hash[:12]}; put the file back, or stop it"
    assert f"echo: active\n  {gone}\n" in told
    assert [one.remedy.partition(" back into ")[0] for one in doubts] == ["put 1.yaml"]
    assert "campaign echo runs, and its rule file is gone" in doubts[0].text


async def test_a_broken_file_that_nobody_can_place_is_told_as_not_loaded(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.edit(2, UNREADABLE)
        await world.edit(3, BROKEN.replace("campaign: echo", "campaign: fresh"))
        files = (await listed(world))["broken_files"]
        told = await status(tmp_path)

    assert files == [
        {"file": "2.yaml", "errors": 1, "campaign": ""},
        {"file": "3.yaml", "errors": 1, "campaign": "fresh"},
    ]
    for number in (2, 3):
        assert f"{number}.yaml has 1 error and is not loaded: run `pointsman check`" in told


async def test_a_file_that_cannot_be_read_at_all_is_that_of_the_campaign_which_had_it(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.edit(1, UNREADABLE)
        (one,) = (await listed(world))["campaigns"]

    assert one["broken_file"] == {"file": "1.yaml", "errors": 1}


async def test_the_log_names_the_files_that_were_mended_and_no_others(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO, HELLO) as world:
        await world.edit(1, BROKEN)
        await world.edit(3, UNREADABLE)
        with capture_logs() as logs:
            await world.edit(1, ECHO)
            (tmp_path / "rules" / "3.yaml").unlink()
            await world.edit(2, HELLO + "\n# changed\n")

    mended = [line["files"] for line in logs if line["event"] == "rules_mended"]
    assert [[Path(file).name for file in files] for files in mended] == [["1.yaml"]]
