"""Claims: what it takes to find what is to be done now beside a long past, against a database that has none.

`python -m benchmarks.claiming` measures beside 10,000,000 events that are decided, the messages of a third of them and
1,000,000 timers that wait; `make bench` beside a hundredth of that. Both databases of a pair have the same to do, and
do it: what is claimed is decided, done or cleared before the next claim, which is not timed.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import click

from benchmarks.harness import ROUNDS, TIMES, Plan, Row, Slice, alternate
from benchmarks.history import History, made
from benchmarks.people import NOW
from benchmarks.table import document, show
from gateway.sender import CONCURRENCY
from gateway.timers import BATCH as DUE
from gateway.worker import BATCH, OF_OTHERS
from rules.effects import HELD_TIMERS
from storage.database import Storage
from storage.values import About, NewEvent
from tests.databases import postgres_server, prepared_database

GOAL = 1.5
BASELINE = "the same claim, without a past"
CHANNEL = "sms"
CLAIMS_PER_SECOND, EVENTS_PER_SECOND, TIMERS_PER_SECOND = 20, 100_000, 10_000
SECOND = timedelta(seconds=1)

Claim = Callable[[int], Slice]


@dataclass
class Desk:
    """One database and what is to be done there. Each claim is a slice of so many of its kind."""

    storage: Storage
    _numbers: Iterator[int] = field(default_factory=count)

    def worker(self, times: int) -> Slice:
        """The events whose turn it is: as they are read, and looked at again in the transaction that decides."""
        self._receive(times * BATCH)
        return Slice(times, sum(self._take_turn() for _ in range(times)))

    def _take_turn(self) -> float:
        with self.storage.reading() as t:
            start = perf_counter()
            events = t.inbox.waiting(BATCH, exclude=OF_OTHERS)
            read = perf_counter() - start
        with self.storage.transaction() as t:
            start = perf_counter()
            ours = t.inbox.in_turn(events, exclude=OF_OTHERS)
            t.inbox.held_lanes({event.lane for event in ours})
            taken = read + perf_counter() - start
            t.inbox.decided([event.id for event in ours], NOW)
        return taken

    def _receive(self, number: int) -> None:
        numbers = [next(self._numbers) for _ in range(number)]
        events = [
            NewEvent(f"now:{n}", "message", About("lane", f"now{n % 997}"), {"text": "Yes"}, NOW) for n in numbers
        ]
        with self.storage.transaction() as t:
            t.inbox.keep(events)

    def timers(self, times: int) -> Slice:
        """When something is due, and what is."""
        self._plan(times * DUE)
        return Slice(times, sum(self._fire() for _ in range(times)))

    def _fire(self) -> float:
        with self.storage.transaction() as t:
            start = perf_counter()
            t.timers.next_due()
            t.timers.next_held(HELD_TIMERS)
            due = t.timers.take_due(NOW, DUE)
            taken = perf_counter() - start
            t.timers.clear([(timer.subject, timer.name) for timer in due])
        return taken

    def _plan(self, number: int) -> None:
        whose = {"name": "reply", "due": NOW - SECOND, "campaign": "campaign1", "held": False}
        numbers = [next(self._numbers) for _ in range(number)]
        rows = [{"subject": f"now{n}", "lane": f"now{n}", "customer": f"now{n}", "event": n, **whose} for n in numbers]
        with self.storage.transaction() as t:
            t.timers.set(rows)

    def sender(self, times: int) -> Slice:
        """When something is owed, and what is."""
        self._owe(times * CONCURRENCY)
        return Slice(times, sum(self._claim() for _ in range(times)))

    def _claim(self) -> float:
        with self.storage.transaction() as t:
            start = perf_counter()
            t.outbox.next_due([CHANNEL])
            owed = t.outbox.claim(NOW, CONCURRENCY, [CHANNEL])
            taken = perf_counter() - start
            t.outbox.done_many([one.message for one in owed])
        return taken

    def _owe(self, number: int) -> None:
        ids = [f"now{next(self._numbers)}" for _ in range(number)]
        known = {"channel": CHANNEL, "direction": "out", "text": "Yes", "created_at": NOW, "updated_at": NOW}
        with self.storage.transaction() as t:
            t.messages.add([{"id": id, "address": id, **known} for id in ids])
            t.outbox.owe([{"message": id, "channel": CHANNEL, "address": id, "next_at": NOW} for id in ids])


def rows(plan: Plan) -> list[Row]:
    """Each kind of claims, on either database."""
    return measured(plan, History(plan.size(EVENTS_PER_SECOND), plan.size(TIMERS_PER_SECOND)))


def measured(plan: Plan, past: History) -> list[Row]:
    """The same beside so long a past."""
    with in_files(plan.folder, past) as desks:
        found = _rows(plan, "SQLite", past, *desks)
    with on_server(past) as desks:
        return found + _rows(plan, "PostgreSQL", past, *desks)


@contextmanager
def in_files(folder: Path, past: History) -> Iterator[tuple[Desk, Desk]]:
    """Desks without and with a past."""
    urls = [f"sqlite:///{folder}/{name}.db" for name in ("new", "old")]
    with desks(urls[0], made(urls[1], past)) as both:
        yield both
    for suffix in ("", "-wal", "-shm"):
        (folder / f"old.db{suffix}").unlink(missing_ok=True)


@contextmanager
def on_server(past: History) -> Iterator[tuple[Desk, Desk]]:
    with (
        postgres_server() as server,
        prepared_database(server) as empty,
        server.database(empty) as new,
        server.database(empty) as old,
        desks(new, made(old, past)) as both,
    ):
        yield both


@contextmanager
def desks(new: str, old: str) -> Iterator[tuple[Desk, Desk]]:
    made(new, History(0, 0))
    with closing(Storage(new)) as first, closing(Storage(old)) as second:
        yield Desk(first), Desk(second)


def _rows(plan: Plan, database: str, past: History, new: Desk, old: Desk) -> list[Row]:
    times = plan.size(CLAIMS_PER_SECOND)
    kinds: dict[str, tuple[Claim, Claim]] = {
        "events": (new.worker, old.worker),
        "due timers": (new.timers, old.timers),
        "messages owed": (new.sender, old.sender),
    }
    return [_row(plan, f"{kind}, {database}", past, times, *both) for kind, both in kinds.items()]


def _row(plan: Plan, case: str, past: History, times: int, new: Claim, old: Claim) -> Row:
    pairs = alternate(partial(new, times), partial(old, times), plan.rounds)
    took = {"ms": _milliseconds(pairs.subject), "baseline ms": _milliseconds(pairs.baseline)}
    colour = took | {"old events": float(past.events), "waiting timers": float(past.timers)}
    return Row("claims", case, BASELINE, TIMES, pairs.times, GOAL, colour)


def _milliseconds(slices: Sequence[Slice]) -> float:
    return median(one.microseconds for one in slices) / 1e3


@click.command()
@click.option("--events", default=10_000_000, help="How many were decided long ago.", show_default=True)
@click.option("--timers", default=1_000_000, help="How many wait.", show_default=True)
@click.option("--rounds", default=ROUNDS, help="How many pairs of slices count.", show_default=True)
@click.option("--json", "file", default=None, type=click.Path(path_type=Path), help="Where the figures are written.")
def main(events: int, timers: int, rounds: int, file: Path | None) -> None:
    """Measure claims beside a long past: some 10 GB in the folder of temporary files, and a quarter of an hour."""
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        plan = Plan(Path(folder), rounds=rounds)
        found = measured(plan, History(events, timers))
    show(found)
    if file is not None:
        file.write_text(json.dumps(document(found, plan), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
