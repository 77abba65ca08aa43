"""Status callbacks in any order, doubled, split into batches, before or after the send is recorded: one end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.base import Receipt
from gateway.clock import Bell, ManualClock
from gateway.incoming import outcome_event, receipt_event
from gateway.intake import Given
from gateway.keeping import keep_participants
from gateway.rulebooks import Rulebooks
from gateway.timers import Timers
from gateway.worker import Worker
from rules.book import Channel, Rulebook
from rules.loader import Project, ProjectChannel, load_rulebook
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import NewEvent
from tests.conftest import prepared_file
from tests.gateway.example_rules import ASK_NOW, HELLO
from tests.gateway.running import START

PROJECT = Project({"sms": ProjectChannel("sms", "sms", "phone")})
SMS = Channel(name="sms", kind="sms", identifier="phone")
NUMBERS = count(10_000_000)
STORIES: dict[str, tuple[str, ...]] = {
    "delivered": ("queued", "sent", "delivered"),
    "undelivered": ("queued", "sent", "undelivered"),
    "failed at once": ("failed",),
    "undelivered, then delivered after all": ("sent", "undelivered", "delivered"),
    "read": ("queued", "sent", "delivered", "read"),
    "sent and no more": ("queued", "sent"),
}
ENDS = {
    ("form", "delivered"): ("delivered", "delivered"),
    ("form", "undelivered"): ("failed", "undelivered"),
    ("form", "failed at once"): ("failed", "failed"),
    ("form", "undelivered, then delivered after all"): ("delivered", "delivered"),
    ("form", "read"): ("read", "read"),
    ("form", "sent and no more"): ("started", "sent"),
    ("notice", "delivered"): ("completed", "delivered"),
    ("notice", "undelivered"): ("failed", "undelivered"),
    ("notice", "failed at once"): ("failed", "failed"),
    ("notice", "undelivered, then delivered after all"): ("completed", "delivered"),
    ("notice", "read"): ("completed", "read"),
    ("notice", "sent and no more"): ("completed", "sent"),
}


def book_of(text: str) -> Rulebook:
    loaded = load_rulebook(text, "rules.yaml", PROJECT).rulebook
    assert loaded is not None
    return loaded


BOOKS = {"form": book_of(ASK_NOW), "notice": book_of(HELLO)}


@dataclass
class Bench:
    """A worker without its loop: events are kept and decided when told to."""

    storage: Storage
    book: Rulebook

    def __post_init__(self) -> None:
        self.clock = ManualClock(START)
        books = {self.book.campaign: self.book}
        rulebooks = Rulebooks(PROJECT, {"sms": SMS}, books, {self.book.hash: self.book})
        self.worker = Worker(self.storage, rulebooks, self.clock, Bell(self.clock), lambda decided: None)
        self.timers = Timers(self.storage, self.clock, Bell(self.clock), lambda: None)

    def work(self, t: Transaction) -> None:
        while events := t.inbox.waiting(100):
            self.worker.decide(t, events)

    def owe(self) -> tuple[str, str]:
        """One more participant, who is owed a message: the participant and the message."""
        phone = f"+49151{next(NUMBERS)}"
        with self.storage.transaction() as t:
            t.campaigns.ensure(self.book.campaign)
            t.campaigns.set_status(self.book.campaign, "active", START)
            given = Given(1, {"phone": phone}, {"name": "Ada"}, ())
            (row,) = keep_participants(t, self.book.campaign, [given], source="api", now=START).rows
            self.work(t)
            (message,) = t.messages.of_customers([row.customer])
        return row.participant, message["id"]

    def hear(self, batches: Sequence[Sequence[NewEvent]]) -> None:
        for batch in batches:
            with self.storage.transaction() as t:
                t.inbox.keep(batch)
                self.work(t)

    def pass_time(self, **time: float) -> None:
        self.clock.advance_to(self.clock.now() + timedelta(**time))
        with self.storage.transaction() as t:
            self.timers.fire(t)
            self.work(t)

    def end(self, participant: str, message: str) -> tuple[str, str]:
        """How the communication and its message ended."""
        with self.storage.reading() as t:
            (talk,) = t.communications.of_participants([participant])
            sent = t.messages.by_ids([message])[message]
        return talk["status"], sent["status"]


def events_of(message: str, statuses: Sequence[str], doubled: Sequence[bool]) -> list[NewEvent]:
    """The callbacks, some a second time under another key, and the sender's own record."""
    told = [Receipt(f"{message}:{s}", message, "SM1", s, error_of(s)) for s in statuses]
    again = [
        Receipt(f"{message}:{s}:2", message, "SM1", s, error_of(s))
        for s, twice in zip(statuses, doubled, strict=False)
        if twice
    ]
    recorded = outcome_event(message, "sms", "queued", "", START)
    return [recorded, *(receipt_event(SMS, receipt, START) for receipt in told + again)]


def error_of(status: str) -> str:
    return "30003" if status in {"undelivered", "failed"} else ""


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[int], list[int], list[bool]]:
    """An order of at most nine things, where to cut it into batches, and what comes twice."""
    order = draw(st.permutations(range(9)))
    cuts = sorted(draw(st.sets(st.integers(1, 8), max_size=4)))
    return order, cuts, draw(st.lists(st.booleans(), min_size=4, max_size=4))


def arranged(events: list[NewEvent], order: list[int], cuts: list[int]) -> list[list[NewEvent]]:
    mixed = [events[place] for place in order if place < len(events)]
    edges = [0, *cuts, len(mixed)]
    return [batch for first, last in pairwise(edges) if (batch := mixed[first:last])]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Storage]:
    storage = Storage(prepared_file(tmp_path / "pointsman.db"))
    yield storage
    storage.close()


@pytest.mark.parametrize(("agent", "story"), list(ENDS))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=orders())
def test_every_order_of_the_same_callbacks_ends_in_the_same_state(
    file: Storage, agent: str, story: str, drawn: tuple[list[int], list[int], list[bool]]
) -> None:
    order, cuts, doubled = drawn
    bench = Bench(file, BOOKS[agent])
    participant, message = bench.owe()
    bench.hear(arranged(events_of(message, STORIES[story], doubled), order, cuts))
    bench.pass_time(seconds=11)
    bench.pass_time(hours=2)
    assert bench.end(participant, message) == ENDS[agent, story]
