"""Timers: how many of those that are due become events in a second, against bare inserts of the rows they leave.

Beside them ten times as many wait. The timers run as in a gateway, turn by turn, until nothing is due.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.bare import copied, empty_database, insert, written
from benchmarks.harness import RATIO, Plan, Row, Slice, alternate, rates
from benchmarks.on_server import BASELINE as ON_SERVER
from benchmarks.on_server import server
from benchmarks.people import NOW, Worked
from benchmarks.working import BASELINE
from gateway.clock import Bell, ManualClock
from gateway.timers import Timers
from storage.database import Storage
from storage.values import Row as Timer

TIMERS_PER_SECOND = 5_000
WAITING = 10  # for each that is due
MINUTE = timedelta(minutes=1)


def rows(plan: Plan) -> list[Row]:
    """On SQLite and on PostgreSQL."""
    due = plan.size(TIMERS_PER_SECOND)
    return [_on_sqlite(plan, due), _on_server(plan, due)]


def _on_sqlite(plan: Plan, due: int) -> Row:
    before, after = copied(empty_database(plan.folder / "none.db"), plan.folder / "due.db"), plan.folder / "fired.db"
    with closing(Storage(f"sqlite:///{before}")) as storage:
        wait(storage, due)
    fired = _fired(copied(before, after))
    wrote = written(before, after, fired.batches)
    pairs = alternate(
        lambda: insert(wrote, copied(plan.folder / "none.db", plan.folder / "bare.db"), due),
        lambda: Slice(due, _fired(copied(before, after)).seconds),
        plan.rounds,
    )
    return Row("timers", "due, SQLite", BASELINE, RATIO, pairs.ratios, None, rates(pairs, "timers"))


def _fired(path: Path) -> Worked:
    with closing(Storage(f"sqlite:///{path}")) as storage:
        return fire_all(storage)


def _on_server(plan: Plan, due: int) -> Row:
    with server() as there:
        before = there.prepared(there.empty, partial(wait, due=due), "due")
        pairs, _ = there.against_inserts(plan, before, fire_all)
    return Row("timers", "due, PostgreSQL", ON_SERVER, RATIO, pairs.ratios, None, rates(pairs, "timers"))


def wait(storage: Storage, due: int) -> None:
    """So many timers are due, and ten times as many wait."""
    rows = list(_timers(due))
    with storage.transaction() as t:
        t.timers.set(rows)


def _timers(due: int) -> Iterator[Timer]:
    for number in range(due * (1 + WAITING)):
        moment = NOW - MINUTE if number < due else NOW + number * MINUTE
        who = f"customer{number}"
        whose = {"subject": f"talk{number}", "lane": who, "customer": who, "campaign": "reminder"}
        yield {**whose, "name": "reply", "due": moment, "held": False, "event": number}


def fire_all(storage: Storage) -> Worked:
    """Turn everything that is due into events."""
    clock = ManualClock(NOW)
    timers, turns, start = Timers(storage, clock, Bell(clock), lambda: None), 0, perf_counter()
    while (due := _next(storage, timers)) and due <= NOW:
        with storage.transaction() as t:
            timers.fire(t)
        turns += 1
    seconds = perf_counter() - start
    with storage.reading() as t:
        return Worked(t.inbox.waiting_count(), turns, seconds)


def _next(storage: Storage, timers: Timers) -> datetime | None:
    with storage.reading() as t:
        return timers.next_due(t)
