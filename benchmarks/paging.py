"""List pages: what a page of each list of the API takes over HTTP, on PostgreSQL, beside ten times as many people.

In turn a database of 1,000 people and one of ten times as many are asked for the first page, one amid the list and the
last one, by no filter. `python -m benchmarks.listing` asks beside a million people, by every filter.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

from structlog.testing import capture_logs

from benchmarks.asking import PLACES, Place, lists
from benchmarks.crowd import Crowd
from benchmarks.harness import TIMES, Plan, Row, Slice, alternate, percentile
from benchmarks.listing import PAGE, Case, ask, prepare, query_of, serving, session_with
from tests.databases import PostgresServer, postgres_server

GOAL = 1.5
FEW = 1_000
PEOPLE_PER_SECOND = 10_000
PAGES_PER_SECOND = 30
BASELINE = "the same list, of 1,000 people"


@dataclass(frozen=True, slots=True)
class Desk:
    """The API over a database of this ``crowd``, asked on ``loop``."""

    crowd: Crowd
    port: int
    loop: asyncio.Runner

    def ask(self, path: str, times: int) -> Slice:
        """So many pages of a list, at each place in turn."""
        return self.loop.run(self._ask(path, times))

    async def _ask(self, path: str, times: int) -> Slice:
        place = Place(self.crowd, Random(5))  # noqa: S311 - which pages, no secret
        async with session_with(self.port) as session:
            cases = [Case(path, PAGE, {}, PLACES[number % len(PLACES)]) for number in range(times)]
            took = [await ask(session, case, query_of(case, place)) / 1e3 for case in cases]
        return Slice(times, sum(took), took)


def rows(plan: Plan) -> list[Row]:
    """One for each list."""
    more = FEW + plan.size(PEOPLE_PER_SECOND)
    with postgres_server() as server, desk(server, plan.folder, FEW) as few, desk(server, plan.folder, more) as many:
        return [_row(plan, path, few, many) for path, *_ in lists()]


@contextmanager
def desk(server: PostgresServer, folder: Path, people: int) -> Iterator[Desk]:
    """The API over a database of its own, in which so many people are. What it logs is not shown."""
    crowd, opened = Crowd(people), AsyncExitStack()
    with server.database() as url, asyncio.Runner() as loop, capture_logs():
        deque(prepare(url, crowd), maxlen=0)
        port = loop.run(opened.enter_async_context(serving(folder / f"{people}-people", url)))
        yield Desk(crowd, port, loop)
        loop.run(opened.aclose())


def _row(plan: Plan, path: str, few: Desk, many: Desk) -> Row:
    times = plan.size(PAGES_PER_SECOND)
    pairs = alternate(partial(few.ask, path, times), partial(many.ask, path, times), plan.rounds)
    took = [1e3 * seconds for part in pairs.subject for seconds in part.latencies]
    colour = {
        "ms": median(took),
        "p99 ms": percentile(took, 99),
        "baseline ms": 1e3 * median(seconds for part in pairs.baseline for seconds in part.latencies),
        "people": float(many.crowd.people),
    }
    return Row("list pages", path, BASELINE, TIMES, pairs.times, GOAL, colour)
