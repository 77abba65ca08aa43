"""Half a surrogate pair, which JSON can spell and UTF-8 has not: an event that has one is explained all the same."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.explain.explaining import DIFFERS
from storage.traces import DECISIONS, INBOX
from storage.transaction import Transaction
from storage.values import Row
from tests.gateway.api.reading import read
from tests.gateway.explain.test_explaining import RULES, a_talk
from tests.gateway.people_data import pointsman, use_database
from tests.gateway.running import running

SAID = "yes \ud83d"


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    use_database(monkeypatch, database_url)


def write_half(t: Transaction, decided: Row) -> None:
    """As if it had come so, and had been decided by a program that made something else of it."""
    (event,) = t.lists.events.those([decided["event"]])
    (part,) = decided["log"]
    part["given"]["event"]["text"] = part["note"] = SAID
    of_inbox = update(INBOX).where(INBOX.c.id == event["id"]).values(payload={**event["payload"], "text": SAID})
    of_decision = update(DECISIONS).where(DECISIONS.c.event == event["id"]).values(log=[part])
    for statement in (of_inbox, of_decision):
        t.inbox._connection.execute(statement)


async def test_an_event_with_half_a_character_is_told_by_the_api_and_in_the_terminal(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        (decided,) = await world.decisions("message")
        await world.gateway.storage.run(lambda t: write_half(t, decided))
        number = decided["event"]
        told = await read(world, f"events/{number}/explanation")
        await read(world, f"events/{number}")
        in_lines = await pointsman(tmp_path, "explain", str(number))
        as_json = await pointsman(tmp_path, "explain", str(number), "--json")
        shown = await pointsman(tmp_path, "show", "event", str(number))
        listed = await pointsman(tmp_path, "list", "events", "--json")

    assert f'wrote on sms: "{SAID}"' in told["what"]
    assert (told["parts"][0]["note"], told["parts"][0]["missing"]) == (SAID, DIFFERS)
    assert json.loads(as_json.stdout) == [told]
    assert 'wrote on sms: "yes \ufffd"' in in_lines.stdout
    assert [one.exit_code for one in (in_lines, as_json, shown, listed)] == [0, 0, 0, 0]
