"""Worker: events decided per second on SQLite against bare batched inserts of the rows that deciding wrote.

Three kinds of events: people join (a talk is planned and a message owed), people answer (the talk ends, a flow goes on,
a message is owed), receipts arrive. The worker reads its batches, loads their scenes, decides and writes, all through
the storage thread; the baseline (`benchmarks.bare`) writes the same rows in as many transactions. Every slice starts
from a fresh copy of the same database.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.bare import Written, copied, empty_database, insert, written
from benchmarks.harness import RATIO, Plan, Row, Slice, alternate, rates
from benchmarks.people import BOOK, join, report, work, write_in
from storage.database import Storage

GOAL = 0.5
EVENTS_PER_SECOND = 2_000
BASELINE = "bare inserts of the rows"

Arrive = Callable[[Storage, int], None]


def rows(plan: Plan) -> list[Row]:
    """One row for each kind of events."""
    return [_row(plan, case, before) for case, before in waiting(plan).items()]


def waiting(plan: Plan) -> dict[str, Path]:
    """A database in which each kind of events waits."""
    events = plan.size(EVENTS_PER_SECOND)
    BOOK.matcher.match  # noqa: B018 - compiled once, as in a gateway that runs
    joining = _database(plan, "joining.db", empty_database(plan.folder / "empty.db"), join, events)
    asked = _decided(plan, "asked.db", joining)
    answering = _database(plan, "answering.db", asked, write_in, events)
    told = _database(plan, "told.db", asked, report, events)
    return {"people join": joining, "people answer": answering, "receipts": told}


def _database(plan: Plan, name: str, source: Path, arrive: Arrive, events: int) -> Path:
    """A copy of ``source`` in which so many events of a kind have arrived."""
    path = copied(source, plan.folder / name)
    storage = Storage(f"sqlite:///{path}")
    arrive(storage, events)
    storage.close()
    return path


def _decided(plan: Plan, name: str, before: Path) -> Path:
    path = copied(before, plan.folder / name)
    work(path)
    return path


def _row(plan: Plan, case: str, before: Path) -> Row:
    after = copied(before, plan.folder / "after.db")
    worked = work(after)
    wrote = written(before, after, worked.batches)
    pairs = alternate(partial(_bare, plan, wrote, worked.events), partial(_work, plan, before), plan.rounds)
    colour = {**rates(pairs, "events"), "rows per event": wrote.rows / worked.events}
    return Row("worker", case, BASELINE, RATIO, pairs.ratios, GOAL, colour)


def _bare(plan: Plan, wrote: Written, events: int) -> Slice:
    return insert(wrote, copied(plan.folder / "empty.db", plan.folder / "bare.db"), events)


def _work(plan: Plan, before: Path) -> Slice:
    worked = work(copied(before, plan.folder / "working.db"))
    return Slice(worked.events, worked.seconds)
