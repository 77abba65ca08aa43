"""`pointsman export`: the same files as over the API, beside a running gateway or without one."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.commands.exporting import FILTERS, NOUNS
from gateway.exports.nouns import EXPORTED
from tests.gateway.api.reading import read
from tests.gateway.example_rules import ADA, ASK_NOW, BEN
from tests.gateway.people_data import pointsman, use_database
from tests.gateway.running import World, running


@pytest.fixture
async def world(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A campaign with two participants."""
    use_database(monkeypatch, database_url)
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "=1+1"}, {"phone": BEN, "external_id": "'@4712", "name": "Bén"})
        yield world


def files(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("*")]


async def test_a_table_of_participants_that_is_imported_again_changes_nothing(world: World, tmp_path: Path) -> None:
    file, before = tmp_path / "people.csv", await world.people("ask")
    result = await pointsman(tmp_path, "export", "ask", "participants", "-o", file)
    assert (result.exit_code, result.output) == (0, f"{file}: 2 participants\n")
    await world.upload("ask", file.read_text("utf-8"))
    (upload,) = (await read(world, "campaigns/ask/uploads"))["uploads"]

    assert [upload[name] for name in ("total", "unchanged", "created", "updated", "failed")] == [2, 2, 0, 0, 0]
    assert await world.people("ask") == before


async def test_the_command_writes_what_the_api_gives(world: World, tmp_path: Path) -> None:
    for noun in NOUNS:
        for form in ("csv", "jsonl"):
            result = await pointsman(tmp_path, "export", "ask", noun, "--format", form)
            async with world.api("GET", f"campaigns/ask/exports/{noun}?format={form}", b"") as answer:
                assert result.stdout_bytes == await answer.read()


async def test_a_file_is_its_owner_s_and_none_is_written_over(world: World, tmp_path: Path) -> None:
    file = tmp_path / "exports" / "talks.jsonl"
    line = ("export", "ask", "communications", "--format", "jsonl", "--channel", "sms", "-o", file)
    assert (await pointsman(tmp_path, *line)).exit_code == 0
    talks = [json.loads(text) for text in file.read_text().splitlines()]
    again = await pointsman(tmp_path, *line)

    assert {talk["address"] for talk in talks} == {ADA, BEN}
    assert file.stat().st_mode & 0o777 == 0o600
    assert (again.exit_code, again.output) == (2, f"pointsman: {file} is there already\n")
    assert files(file.parent) == ["talks.jsonl"]


async def test_a_file_that_came_meanwhile_is_not_written_over(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "exports" / "people.csv"
    monkeypatch.setattr("gateway.private_files.sync", lambda _: file.write_text("somebody else's"))
    result = await pointsman(tmp_path, "export", "ask", "participants", "-o", file)

    assert (result.exit_code, result.output) == (2, f"pointsman: {file} is there already\n")
    assert (files(file.parent), file.read_text()) == (["people.csv"], "somebody else's")


async def test_an_export_is_noted(world: World, tmp_path: Path) -> None:
    await pointsman(tmp_path, "export", "ask", "participants", "--phone", ADA)
    (entry,) = (await read(world, "audit", subject="campaign/ask", limit=1))["audit"]

    assert (entry["what"], entry["after"]) == ("export_participants", {"format": "csv", "filters": ["phone"]})
    assert entry["who"].startswith("cli:")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("ask", "participants", "--status", "sent"), "participants have no --status"),
        (("ask", "messages", "--status", "lost"), "--status: "),
        (("ask", "messages", "--since", "yesterday"), "--since: "),
        (("ask", "participants", "--phone", "four"), "is not a phone number"),
        (("nowhere", "messages"), 'there is no campaign "nowhere"'),
    ],
)
async def test_what_can_not_be_exported_leaves_no_file(
    world: World, tmp_path: Path, line: tuple[str, ...], told: str
) -> None:
    result = await pointsman(tmp_path, "export", *line, "-o", tmp_path / "new" / "x.csv")

    assert result.exit_code == 2
    assert told in result.output
    assert files(tmp_path / "new") == []


def test_each_filter_of_each_noun_is_an_option_and_none_else() -> None:
    known = {name for noun in EXPORTED.values() for name in noun.filter.model_fields}

    assert set(EXPORTED) == set(NOUNS)
    assert {name.replace("-", "_") for name, _, _ in FILTERS} == known
