"""An import, the API and people who write race one another: nobody is there twice, and no change is lost."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from itertools import count
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from gateway.intake import Given
from gateway.keeping import Kept, keep_participants
from storage.transaction import Transaction
from tests.databases import PostgresServer
from tests.gateway.machine import Ground, Machine, book_of, on_postgres, play

CLUB = book_of("""
campaign: club
channels: {sms: {enroll: true}}
fields: {a: {type: numeric}, b: {type: numeric, level: customer}}
flows:
  greet:
    joined: {when: participant_created, next: done}
    done: {do: finish, outcome: joined}
""")
PHONES = tuple(f"+491510000000{number}" for number in range(1, 4))
NUMBERS = ("A1", "A2")
WHO = st.fixed_dictionaries(
    {}, optional={"phone": st.sampled_from(PHONES), "external_id": st.sampled_from(NUMBERS)}
).filter(bool)
FIELDS = st.fixed_dictionaries({}, optional={"a": st.integers(0, 99), "b": st.integers(0, 99)})
ROWS = st.lists(st.tuples(WHO, FIELDS), min_size=1, max_size=4)
ROW_NUMBERS = count(1)


class Crash(Exception):
    """The process ends in the middle of a transaction."""


class People(Machine):
    """The model is what the events that were kept give to whom, in their order."""

    BOOKS = MappingProxyType({"club": CLUB})

    @rule(rows=ROWS, source=st.sampled_from(["api", "import"]), crash=st.booleans())
    def give(self, rows: list[tuple[dict[str, str], dict[str, int]]], source: str, crash: bool) -> None:
        try:
            self.ground.write(lambda t: self._keep(t, rows, source, crash))
        except Crash:
            return

    def _keep(self, t: Transaction, rows: list[Any], source: str, crash: bool) -> None:
        kept = keep(t, self.ground, rows, source)
        assert len(kept.rows) + len(kept.problems) == len(rows)
        if crash:
            raise Crash

    @rule(phone=st.sampled_from(PHONES))
    def write(self, phone: str) -> None:
        """Somebody writes, whom perhaps nobody knows."""
        self.ground.keep(self.ground.said(phone, "hello"))

    @rule(limit=st.integers(1, 8))
    def decide(self, limit: int) -> None:
        events = self.ground.read(lambda t: t.inbox.waiting(limit))
        self.ground.run(self.ground.worker._decide_all(events))

    def finish(self) -> None:
        self.ground.work()
        check(self.ground)


def keep(t: Transaction, ground: Ground, rows: list[Any], source: str) -> Kept:
    givens = [Given(next(ROW_NUMBERS), who, fields, ()) for who, fields in rows]
    return keep_participants(t, "club", givens, source=source, now=ground.now())


def check(ground: Ground) -> None:
    """Everything was decided; whoever was given is there once, with what was given last."""
    assert not ground.rows("SELECT 1 FROM inbox WHERE state <> 'decided'")
    people = ground.rows("SELECT id, customer, fields FROM participant")
    places = {row["customer"]: row for row in people}
    assert len(places) == len(people)
    customers = {row["id"]: row for row in ground.rows("SELECT id, fields FROM customer")}
    assert set(places) == set(customers), "a customer who is nowhere, or a participant who is nobody"
    owners = ground.rows("SELECT kind, customer FROM identifier")
    assert len({(row["kind"], row["customer"]) for row in owners}) == len(owners)
    expected: dict[str, dict[str, int]] = {id: {} for id in customers}
    for customer, fields in given_in_order(ground):
        expected[customer] |= fields
    for id, fields in expected.items():
        assert {**loaded(customers[id]["fields"]), **loaded(places[id]["fields"])} == fields


def given_in_order(ground: Ground) -> Iterator[tuple[str, dict[str, int]]]:
    for row in ground.rows("SELECT payload FROM inbox WHERE kind = 'participant' ORDER BY id"):
        payload = row["payload"] if isinstance(row["payload"], dict) else json.loads(row["payload"])
        if payload["source"] in ("api", "import"):
            yield payload["customer"], loaded(payload["fields"])


def loaded(fields: Any) -> dict[str, int]:
    values = json.loads(fields) if isinstance(fields, str) else fields
    return {name: int(value) for name, value in values.items()}


class Rivals(People):
    """The same, all at the same time: an import by another process, the API, people who write, and the worker."""

    def __init__(self) -> None:
        super().__init__()
        self.importer = self.ground.another_storage()

    @rule(given=ROWS, imported=ROWS, phones=st.lists(st.sampled_from(PHONES), max_size=3))
    def all_at_once(self, given: list[Any], imported: list[Any], phones: list[str]) -> None:
        self.ground.run(self._race(given, imported, phones))

    async def _race(self, given: list[Any], imported: list[Any], phones: list[str]) -> None:
        ground = self.ground
        events = [ground.said(phone, "hello") for phone in phones]
        await asyncio.gather(
            self.importer.run(lambda t: keep(t, ground, imported, "import")),
            ground.storage.run(lambda t: t.inbox.keep(events)),
            ground.storage.run(partial(keep, ground=ground, rows=given, source="api")),
            ground.worker.work_once(),
        )


def test_nobody_is_there_twice_and_no_change_is_lost_when_imports_the_api_and_people_race() -> None:
    play(People, examples=40, steps=25)


def test_so_it_is_when_they_do_so_at_the_same_time_on_postgres(postgres: PostgresServer, prepared: str) -> None:
    with postgres.database(prepared) as url:
        play(on_postgres(Rivals, url), examples=10, steps=12)
