"""What it costs that a decision keeps why it was made and from what: time of the worker, and room.

Slices of the worker as it is and of one that keeps nothing, over the same events (see `benchmarks.working`); the ratio
is of their rates. The room is that of the packed logs: what a row has besides, and its indexes, is not counted.
"""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from unittest.mock import patch

from benchmarks.bare import copied
from benchmarks.harness import BYTES, RATIO, Plan, Row, Slice, alternate, rates
from benchmarks.people import work
from benchmarks.working import waiting

TIME_GOAL = 0.75  # the log may take a quarter of the worker's time
ROOM_GOAL = 1_500
NOTHING = "a worker that keeps nothing"


def rows(plan: Plan) -> list[Row]:
    """Two rows for each kind of events: time and room."""
    return [row for case, before in waiting(plan).items() for row in _rows(plan, case, before)]


def _rows(plan: Plan, case: str, before: Path) -> list[Row]:
    pairs = alternate(partial(_forgetting, plan, before), partial(_keeping, plan, before), plan.rounds)
    sizes = packed_sizes(plan.folder / "keeping.db", pairs.subject[0].units)
    room = Row("recording", f"{case}, bytes", "", BYTES, sizes, ROOM_GOAL)
    return [Row("recording", case, NOTHING, RATIO, pairs.ratios, TIME_GOAL, rates(pairs, "events")), room]


def _keeping(plan: Plan, before: Path) -> Slice:
    worked = work(copied(before, plan.folder / "keeping.db"))
    return Slice(worked.events, worked.seconds)


def _forgetting(plan: Plan, before: Path) -> Slice:
    with patch("gateway.batch.part_of", return_value="{}"):
        worked = work(copied(before, plan.folder / "forgetting.db"))
    return Slice(worked.events, worked.seconds)


def packed_sizes(path: Path, events: int) -> list[float]:
    """The bytes of the log of each of so many decisions, the last ones."""
    query = "SELECT length(log) FROM decision ORDER BY event DESC LIMIT ?"
    with closing(sqlite3.connect(path)) as file:
        return [float(size) for (size,) in file.execute(query, (events,))]
