"""What the state machines stand on: a gateway's worker, timers and sender without their loops, moved step by step.

A machine plays few examples in ``make test``; the environment variable ``POINTSMAN_EXAMPLES`` asks for more.
"""

import asyncio
import os
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import structlog
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from channels.base import InboundMessage
from gateway.clock import Bell, ManualClock
from gateway.decided import Decided
from gateway.incoming import message_event
from gateway.intake import Given
from gateway.keeping import Kept, keep_participants
from gateway.recorded import Versions
from gateway.rulebooks import Rulebooks
from gateway.timers import Timers
from gateway.worker import Worker
from rules.book import Channel, Rulebook
from rules.loader import Project, ProjectChannel, load_rulebook
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import NewEvent, Row
from tests.conftest import prepared_file
from tests.gateway.replayed import otherwise

T = TypeVar("T")

START = datetime(2027, 3, 1, 8, tzinfo=UTC)  # a Monday
EXAMPLES = "POINTSMAN_EXAMPLES"
PROJECT = Project({"sms": ProjectChannel("sms", "sms", "phone")})
SMS = Channel(name="sms", kind="sms", identifier="phone")
IN_MEMORY = Path("/dev/shm")  # where there is such a folder; a machine does not lose its power


def play(machine: type[RuleBasedStateMachine], examples: int, steps: int = 30) -> None:
    """Let Hypothesis play so many examples, the same each time; or as many others as the environment asks for."""
    asked = int(os.environ.get(EXAMPLES, examples))
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    bounds = settings(
        max_examples=asked,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=checks,
        derandomize=EXAMPLES not in os.environ,
    )
    with silent_log():
        run_state_machine_as_test(machine, settings=bounds)


@contextmanager
def silent_log() -> Iterator[None]:
    """What fails on purpose thousands of times is not written down: that would take most of the time."""

    def drop(*arguments: object) -> Row:
        raise structlog.DropEvent

    before = structlog.get_config()["processors"]
    structlog.configure(processors=[drop])
    try:
        yield
    finally:
        structlog.configure(processors=before)


def book_of(text: str) -> Rulebook:
    loaded = load_rulebook(text, "rules.yaml", PROJECT)
    assert loaded.rulebook is not None, loaded.diagnostics
    return loaded.rulebook


@contextmanager
def new_file() -> Iterator[str]:
    """The URL of a new SQLite database with the tables."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        yield prepared_file(Path(folder) / "pointsman.db")


def emptied(url: str) -> None:
    """Take every row out of a PostgreSQL database, and count anew."""
    storage = Storage(url)
    with storage.transaction() as t:
        connection = t.inbox._connection
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        names = ", ".join(f'"{name}"' for name in connection.exec_driver_sql(query).scalars())
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
    storage.close()


@dataclass
class Ground:
    """One database, the campaigns that run on it, and a clock that only moves when told to.

    ``on_decided`` is told what each committed batch decided.
    """

    url: str
    books: Mapping[str, Rulebook]
    on_decided: Callable[[Sequence[Decided]], None] = lambda decided: None
    storage: Storage = field(init=False)
    clock: ManualClock = field(init=False)

    def __post_init__(self) -> None:
        self.runner = asyncio.Runner()
        self.clock = ManualClock(START)
        self.numbers = count(1)
        self.storages: list[Storage] = []
        self.storage = self.another_storage()
        self.rulebooks = self.new_rulebooks()
        self.worker = self.new_worker(self.storage, self.rulebooks)
        self.timers = Timers(self.storage, self.clock, Bell(self.clock), lambda: None)
        with self.storage.transaction() as t:
            for name in self.books:
                t.campaigns.ensure(name)
                t.campaigns.set_status(name, "active", START)

    def another_storage(self) -> Storage:
        """The same database, as another process has it open."""
        self.storages.append(Storage(self.url))
        return self.storages[-1]

    def new_rulebooks(self) -> Rulebooks:
        return Rulebooks(PROJECT, {"sms": SMS}, dict(self.books), {book.hash: book for book in self.books.values()})

    def new_worker(self, storage: Storage, rulebooks: Rulebooks) -> Worker:
        return Worker(storage, rulebooks, self.clock, Bell(self.clock), lambda decided: self.on_decided(decided))

    def close(self) -> None:
        for storage in self.storages:
            storage.close()
        self.runner.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        with self.storage.transaction() as t:
            return work(t)

    def read(self, work: Callable[[Transaction], T]) -> T:
        with self.storage.reading() as t:
            return work(t)

    def now(self) -> datetime:
        return self.clock.now()

    def pass_time(self, **time: float) -> None:
        self.clock.advance_to(self.now() + timedelta(**time))

    def sleep(self, seconds: float) -> None:
        """So much time passes, and what has become due becomes events."""
        self.pass_time(seconds=seconds)
        self.fire()

    def tick(self) -> datetime:
        """No two things happen at the same moment."""
        self.pass_time(milliseconds=1)
        return self.now()

    def said(self, address: str, text: str, consent: str = "", key: str = "") -> NewEvent:
        """A person wrote an SMS."""
        key = key or f"SM{next(self.numbers)}"
        return message_event(SMS, InboundMessage(key, address, text, consent=consent), self.tick())

    def given(self, campaign: str, identifiers: Mapping[str, str], fields: Row, source: str = "api") -> Kept:
        """The operator's system gives a participant to a campaign."""
        row = Given(next(self.numbers), dict(identifiers), fields, ())
        now = self.tick()
        return self.write(lambda t: keep_participants(t, campaign, [row], source=source, now=now))

    def keep(self, *events: NewEvent) -> list[int | None]:
        return list(self.write(lambda t: t.inbox.keep(events)))

    def work(self) -> None:
        """Decide whatever waits."""
        while self.run(self.worker.work_once()):
            pass

    def fire(self) -> None:
        """Timers that are due become events."""
        self.write(self.timers.fire)

    def go_to(self, **time: float) -> None:
        """So much time passes, with all that is due meanwhile, one after the other."""
        end = self.now() + timedelta(**time)
        self.work()
        while (due := self.read(self.timers.next_due)) is not None and due <= end:
            self.clock.advance_to(due)
            self.fire()
            self.work()
        self.clock.advance_to(end)

    def rows(self, query: str) -> list[Row]:
        """What the database says to a query."""
        return self.read(lambda t: [dict(row) for row in t.inbox._connection.exec_driver_sql(query).mappings()])

    def facts(self) -> list[Row]:
        """Every fact that rules heard of, in the order of their events, each with the customer's id."""
        decisions = self.read(lambda t: t.decisions.history(0, 100_000))
        return [
            {**told["fact"], "customer": row["customer"]}
            for row in decisions
            for reaction in row["log"]
            for told in reaction.get("facts", ())
        ]


class Machine(RuleBasedStateMachine):
    """A machine with a ground of its own, whose database is new for every example."""

    BOOKS: Mapping[str, Rulebook] = {}
    POSTGRES = ""  # the URL of a database to use instead of SQLite

    def __init__(self) -> None:
        super().__init__()
        self._file = new_file()
        url = self.POSTGRES or self._file.__enter__()
        if self.POSTGRES:
            emptied(url)
        self.ground = Ground(url, self.BOOKS, self.decided)

    def decided(self, decided: Sequence[Decided]) -> None:
        """A batch is committed."""

    def finish(self) -> None:
        """Let everything come to its end, and check that it is the one there must be."""

    def teardown(self) -> None:
        try:
            self.finish()
            ground = self.ground
            assert otherwise(ground.storage, Versions(PROJECT, ground.rulebooks.version)) == []
        finally:
            self.ground.close()
            if not self.POSTGRES:
                self._file.__exit__(None, None, None)


def on_postgres(machine: type[Machine], url: str) -> type[Machine]:
    """The same machine over this PostgreSQL database."""
    return type(f"{machine.__name__}OnPostgres", (machine,), {"POSTGRES": url})
