"""What a campaign has can be fetched as files, by the filters of the lists."""

import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.settings import SANDBOX_API_TOKEN
from tests.gateway.api.reading import answer, read, read_all
from tests.gateway.example_rules import ADA, ASK_NOW, BEN
from tests.gateway.people_data import pointsman, use_database
from tests.gateway.running import World, running

NOUNS = ("participants", "communications", "messages", "decisions")
MEDIA = {"csv": "text/csv", "jsonl": "application/jsonl"}
CALC = "=cmd|' /C calc'!A0"


@asynccontextmanager
async def asked(folder: Path, database: str = "") -> AsyncIterator[World]:
    """A campaign in which Ada has answered, and Ben in words that a spreadsheet would obey."""
    async with running(folder, ASK_NOW, database=database) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": CALC})
        await world.passes(minutes=1)
        await world.texts(ADA, "yes")
        await world.texts(BEN, "@home")
        yield world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with asked(tmp_path) as world:
        yield world


@pytest.fixture
async def on_each(tmp_path: Path, database_url: str) -> AsyncIterator[World]:
    """The same, once on SQLite and once on PostgreSQL."""
    async with asked(tmp_path, database_url) as world:
        yield world


async def export(world: World, noun: str, **query: object) -> str:
    """The text of an export."""
    async with world.api("GET", f"campaigns/ask/exports/{noun}?{urlencode(query)}", b"") as response:
        assert response.status == 200, await response.text()
        assert response.content_type == MEDIA[str(query.get("format", "csv"))]
        return str((await response.read()).decode())


async def lines(world: World, noun: str, **query: object) -> list[Any]:
    return [json.loads(line) for line in (await export(world, noun, format="jsonl", **query)).splitlines()]


async def table(world: World, noun: str, **query: object) -> list[dict[str, str]]:
    text = await export(world, noun, **query)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


async def test_lines_of_json_are_what_the_lists_tell(world: World) -> None:
    for noun, path in (("participants", "campaigns/ask/participants"), ("communications", "communications")):
        assert await lines(world, noun) == await read_all(world, path, noun)
    assert await lines(world, "messages") == await read_all(world, "messages", "messages", campaign="ask")


async def test_a_table_has_the_same_rows(on_each: World) -> None:
    for noun in NOUNS[1:]:
        rows, told = await table(on_each, noun), await lines(on_each, noun)
        assert [list(row) for row in rows] == [list(one) for one in told] != []
        assert [row[next(iter(row))] for row in rows] == [str(one[next(iter(one))]) for one in told]


async def test_participants_are_a_table_of_identifiers_and_fields(world: World) -> None:
    ada, ben = sorted(await table(world, "participants"), key=lambda row: row["phone"])

    assert list(ada)[:5] == ["external_id", "phone", "email", "slack", "name"]
    assert (ada["phone"], ada["name"], ada["email"], ada["participant.entered"]) == (ADA, "Ada", "", "true")
    assert (ben["phone"], ben["name"]) == (BEN, f"'{CALC}")


async def test_no_cell_of_what_people_wrote_is_a_formula(world: World) -> None:
    texts = {row["text"] for row in await table(world, "messages", direction="in")}

    assert texts == {"'@home", "yes"}
    assert {one["text"] for one in await lines(world, "messages", direction="in")} == {"@home", "yes"}


async def test_filters_are_those_of_the_lists(on_each: World) -> None:
    (ada,) = await lines(on_each, "participants", phone=ADA)
    (talk,) = await lines(on_each, "communications", participant=ada["participant"])
    times = {"since": talk["updated_at"], "until": "2099-01-01T00:00:00Z"}

    assert await lines(on_each, "participants", entered="false") == []
    assert {one["status"] for one in await lines(on_each, "communications", status="completed")} == {"completed"}
    assert await lines(on_each, "communications", status="failed") == []
    assert {one["communication"] for one in await lines(on_each, "messages", communication=talk["communication"])} == {
        talk["communication"]
    }
    assert await lines(on_each, "messages", until="2001-01-01T00:00:00Z") == []
    assert {one["kind"] for one in await lines(on_each, "decisions", kind="message")} == {"message"}
    assert {one["customer"] for one in await lines(on_each, "decisions", customer=ada["customer"])} == {ada["customer"]}
    assert await lines(on_each, "decisions", **times) != []


async def test_a_decision_says_why(world: World) -> None:
    latest = (await lines(world, "decisions"))[0]
    event = await read(world, f"events/{latest['event']}")

    assert latest["log"] == event["decision"]["log"]
    assert [latest[name] for name in ("kind", "received_at", "decided_at")] == [
        event[name] for name in ("kind", "received_at", "decided_at")
    ]


async def test_whoever_was_erased_is_in_no_export(world: World) -> None:
    (ada,) = await lines(world, "participants", phone=ADA)
    async with world.api("DELETE", f"customers/{ada['customer']}", b"") as erased:
        assert erased.status == 200

    assert [row["phone"] for row in await table(world, "participants")] == [BEN]
    assert [one["identifiers"] for one in await lines(world, "participants")] == [{"phone": BEN}]


async def test_an_export_is_compressed_where_that_is_asked_for(world: World) -> None:
    whole = await export(world, "messages")
    headers = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}"}
    url = f"{world.url}/api/v1/campaigns/ask/exports/messages"
    for asked, expected in (("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("deflate", None)):
        async with world.http.get(url, headers={**headers, "Accept-Encoding": asked}) as response:
            assert response.headers.get("Content-Encoding") == expected
            assert (await response.read()).decode() == whole


async def test_a_file_has_a_name_and_is_kept_by_nobody(world: World) -> None:
    async with world.api("GET", "campaigns/ask/exports/messages?format=jsonl", b"") as response:
        file = response.headers["Content-Disposition"]
        now = world.clock.now()

        assert file == f'attachment; filename="ask-messages-{now:%Y%m%dT%H%M%SZ}.jsonl"'
        assert response.headers["Cache-Control"] == "no-store"
        assert "RateLimit" in response.headers


async def test_the_trail_says_who_took_what_out_but_not_for_whom_they_looked(world: World) -> None:
    await export(world, "participants", phone=ADA, format="jsonl")
    entry = (await read(world, "audit", limit=1))["audit"][0]

    assert (entry["what"], entry["subject"], entry["who"]) == ("export_participants", "campaign/ask", "settings")
    assert entry["after"] == {"format": "jsonl", "filters": ["phone"]}


@pytest.mark.parametrize(
    ("noun", "query", "status"),
    [
        ("participants", {"format": "xml"}, 422),
        ("participants", {"limit": "5"}, 422),
        ("communications", {"campaign": "ask"}, 422),
        ("decisions", {"status": "decided"}, 422),
        ("participants", {"phone": "four"}, 409),
        ("events", {}, 404),
    ],
)
async def test_what_can_not_be_exported_is_refused(world: World, noun: str, query: dict[str, str], status: int) -> None:
    assert (await answer(world, f"campaigns/ask/exports/{noun}", **query))[0] == status
    assert (await answer(world, f"campaigns/other/exports/{noun}", **query))[0] in (404, 422)


async def test_everything_about_a_person_is_told_as_the_command_writes_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada,) = await lines(world, "participants", phone=ADA)
    file = tmp_path / "ada.json"
    told = await read(world, f"customers/{ada['customer']}/export")
    assert (await read(world, "audit", limit=1))["audit"][0]["what"] == "export_customer"
    use_database(monkeypatch, world.gateway.settings.database)
    assert (await pointsman(tmp_path, "customer", "export", ADA, file)).exit_code == 0
    written = json.loads(file.read_text())

    assert told["tables"].pop("audit") == [] != written["tables"].pop("audit")
    assert {**told, "written_at": ""} == {**written, "written_at": ""}
    assert {one["text"] for one in told["tables"]["message"]} >= {"yes", "Noted."}


@pytest.mark.parametrize("id", ["0" * 32, "x", "%00"])
async def test_of_nobody_nothing_is_told(world: World, id: str) -> None:
    assert (await answer(world, f"customers/{id}/export"))[0] == 404
