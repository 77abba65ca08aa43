"""Two campaigns and the operator's system write one customer's fields: what comes out is what some order would give."""

import asyncio
import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from gateway.decided import Decided
from gateway.worker import Worker
from storage.transaction import Transaction
from storage.values import WaitingEvent
from tests.databases import PostgresServer
from tests.gateway.machine import Ground, Machine, book_of, on_postgres, play

NUMBER = "{type: numeric, level: customer}"
FIELDS = f"fields: {{x: {NUMBER}, y: {NUMBER}, z: {NUMBER}}}"
FIRST = book_of(f"""
campaign: first
{FIELDS}
flows:
  words:
    one: {{when: incoming_session, keyword: ONE, next: write_one}}
    write_one: {{do: update_field, set: {{x: 1}}}}
  chain:
    changed: {{when: participant_updated, field: y, next: add}}
    add: {{do: update_field, set: {{z: {{expr: participant.y + 1}}}}}}
""")
SECOND = book_of(f"""
campaign: second
{FIELDS}
flows:
  words:
    ten: {{when: incoming_session, keyword: TEN, next: write_ten}}
    write_ten: {{do: update_field, set: {{x: 10}}}}
  chain:
    changed: {{when: participant_updated, field: x, next: double}}
    double: {{do: update_field, set: {{y: {{expr: participant.x * 2}}}}}}
""")
BOOKS = MappingProxyType({"first": FIRST, "second": SECOND})
PHONES = ("+4915100000001", "+4915100000002")
WHO = st.sampled_from(PHONES)
WORDS = MappingProxyType({"ONE": 1, "TEN": 10})
CUSTOMERS = "SELECT value, fields FROM customer JOIN identifier ON identifier.customer = customer.id"


def joined(ground: Ground) -> None:
    for phone in PHONES:
        for campaign in BOOKS:
            ground.given(campaign, {"phone": phone}, {})
    ground.work()


def fields_of(ground: Ground) -> dict[str, dict[str, Any]]:
    return {row["value"]: as_fields(row["fields"]) for row in ground.rows(CUSTOMERS)}


def as_fields(raw: Any) -> dict[str, Any]:
    fields = json.loads(raw) if isinstance(raw, str) else raw
    return {name: int(value) for name, value in fields.items()}


def chain(x: int) -> dict[str, int]:
    return {"x": x, "y": 2 * x, "z": 2 * x + 1}


class Crash(Exception):
    """The process ends in the middle of a transaction."""


class Campaigns(Machine):
    """Words that either campaign answers by writing x, and x given from outside; y and z follow, each written by one
    campaign when the other has written. The model is who wrote x last."""

    BOOKS = BOOKS

    def __init__(self) -> None:
        super().__init__()
        self.x: dict[str, int] = {}
        joined(self.ground)

    @rule(phone=WHO, word=st.sampled_from(sorted(WORDS)))
    def write(self, phone: str, word: str) -> None:
        self.ground.keep(self.ground.said(phone, word))
        self.x[phone] = WORDS[word]

    @rule(phone=WHO, campaign=st.sampled_from(sorted(BOOKS)), x=st.integers(1, 12))
    def give(self, phone: str, campaign: str, x: int) -> None:
        self.ground.given(campaign, {"phone": phone}, {"x": x})
        self.x[phone] = x

    @rule(limit=st.integers(1, 8))
    def decide(self, limit: int) -> None:
        events = self.ground.read(lambda t: t.inbox.waiting(limit))
        self.ground.run(self.ground.worker._decide_all(events))

    @rule(limit=st.integers(1, 8))
    def crash(self, limit: int) -> None:
        events = self.ground.read(lambda t: t.inbox.waiting(limit))
        try:
            self.ground.write(lambda t: decide_and_crash(t, self.ground.worker, events))
        except Crash:
            return

    def finish(self) -> None:
        self.ground.work()
        assert not self.ground.rows("SELECT 1 FROM inbox WHERE state <> 'decided'")
        found = fields_of(self.ground)
        assert found == {phone: chain(self.x[phone]) if phone in self.x else {} for phone in PHONES}


def decide_and_crash(t: Transaction, worker: Worker, events: list[WaitingEvent]) -> None:
    worker.decide(t, events)
    raise Crash


def test_two_campaigns_that_write_one_customer_end_as_if_one_had_written_after_the_other() -> None:
    play(Campaigns, examples=25, steps=25)


async def at_once(ground: Ground, workers: list[Worker]) -> None:
    """All workers work until nothing waits, each in transactions of its own, at the same time."""
    while await ground.storage.read(lambda t: t.inbox.waiting_count()):
        await asyncio.gather(*(worker.work_once() for worker in workers))


class Parallel(Campaigns):
    """The same, decided by three workers at the same time, each with connections of its own. Had one of them decided
    out of the order of a lane, another would have been the last to write."""

    def __init__(self) -> None:
        self.decided_once: set[int] = set()
        super().__init__()
        ground = self.ground
        self.workers = [ground.new_worker(ground.another_storage(), ground.new_rulebooks()) for _ in range(3)]

    @rule()
    def decide(self) -> None:
        self.ground.run(at_once(self.ground, self.workers))

    def decided(self, decided: Sequence[Decided]) -> None:
        new = {one.event.id for one in decided}
        assert not new & self.decided_once
        self.decided_once |= new

    def finish(self) -> None:
        self.decide()
        super().finish()


def test_workers_that_work_at_the_same_time_on_postgres_decide_each_event_once_and_end_alike(
    postgres: PostgresServer, prepared: str
) -> None:
    with postgres.database(prepared) as url:
        play(on_postgres(Parallel, url), examples=8, steps=15)
