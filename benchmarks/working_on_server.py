"""Worker on PostgreSQL: the same events as in `benchmarks.working`, one process beside the server on the same cores."""

import asyncio
from collections.abc import Callable
from functools import partial

from benchmarks.harness import RATIO, Plan, Row, rates
from benchmarks.on_server import BASELINE, Server, server
from benchmarks.people import BOOK, Worked, join, report, work_off, write_in
from benchmarks.working import EVENTS_PER_SECOND, GOAL
from storage.database import Storage

Arrive = Callable[[Storage, int], None]


def rows(plan: Plan) -> list[Row]:
    """One row for each kind of events."""
    BOOK.matcher.match  # noqa: B018 - compiled once, as in a gateway that runs
    with server() as there:
        return [_row(plan, there, case, before) for case, before in waiting(plan, there).items()]


def waiting(plan: Plan, there: Server) -> dict[str, str]:
    """A database in which each kind of events waits."""
    events = plan.size(EVENTS_PER_SECOND)
    joining = there.prepared(there.empty, partial(join, people=events), "joining")
    asked = there.prepared(joining, worked, "asked")
    answering = there.prepared(asked, partial(write_in, people=events), "answering")
    told = there.prepared(asked, partial(report, events=events), "told")
    return {"people join": joining, "people answer": answering, "receipts": told}


def worked(storage: Storage) -> Worked:
    """Everything that waits is decided."""
    return asyncio.run(work_off(storage))


def _row(plan: Plan, there: Server, case: str, before: str) -> Row:
    pairs, wrote = there.against_inserts(plan, before, worked)
    colour = {**rates(pairs, "events"), "rows per event": wrote.rows / pairs.subject[0].units}
    return Row("worker", f"{case}, PostgreSQL", BASELINE, RATIO, pairs.ratios, GOAL, colour)
