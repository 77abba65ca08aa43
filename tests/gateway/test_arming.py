"""However writers and workers meet, statement by statement, no event is left of which nobody is told.

Real writers (`Storage.transaction`) and real workers (`gateway.shards`) run in threads that stop before each of their
statements and commits; Hypothesis says who goes on. Nothing sweeps.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from threading import Event, Thread
from time import monotonic
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from gateway import shards
from gateway.clock import Bell, SystemClock
from gateway.shards import Shards
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import WaitingEvent
from tests.storage.rows import NOON
from tests.storage.sharing import FIVE, SIX, ask, jobs, sharing, tell
from tests.storage.sharing import event as letter
from tests.storage.test_sharing import pop_job

WRITERS, WORKERS = 2, 2
EXAMPLES = 25
JOBS = 2  # of each worker
WHOLE = 50  # statements, about as many as one has to do
MOST_STEPS = 2_000
PATIENCE = 20.0  # seconds for a statement to come to its end, or to wait for another's
NUMBERS = count(1)
BLOCKED = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
EMPTY = ("DELETE FROM inbox", "DELETE FROM pgqueuer", "UPDATE shard SET armed = false")


class Actor:
    """Somebody with a database session, who stops before each statement until told to go on."""

    def __init__(self, url: str) -> None:
        self.storage = sharing(url)
        self.rests, self.ended = Event(), Event()
        self._go = Event()
        self.session = 0
        self.failed: BaseException | None = None
        for engine in (self.storage._writing, self.storage._reading):
            event.listen(engine, "before_cursor_execute", self._before)
        event.listen(self.storage._writing, "commit", self._stop)
        event.listen(self.storage._writing, "connect", stand_still)

    def begin(self, work: Callable[[Storage], None]) -> None:
        """Do the work, up to its first statement."""
        self.rests.clear()
        self.ended.clear()
        self._go.clear()
        self._thread = Thread(target=self._do, args=(work,), daemon=True)
        self._thread.start()

    def go_on(self) -> None:
        """To the next statement, or the end."""
        self.rests.clear()
        self._go.set()

    def is_moving(self) -> bool:
        return not (self.ended.is_set() or self.rests.wait(0.001))

    def _do(self, work: Callable[[Storage], None]) -> None:
        try:
            work(self.storage)
        except BaseException as error:
            self.failed = error
        self.ended.set()

    def _before(self, connection: Connection, cursor: Any, statement: str, *others: Any) -> None:
        if "pg_advisory" not in statement:
            self._stop(connection)

    def _stop(self, connection: Connection) -> None:
        self.session = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
        self.rests.set()
        assert self._go.wait(PATIENCE)
        self._go.clear()


def stand_still(connection: DBAPIConnection, record: Any) -> None:
    """For as long as a test wants."""
    connection.cursor().execute("SET idle_in_transaction_session_timeout = 0")
    connection.commit()


@dataclass
class Stage:
    """Lets actors go on one at a time, as ``turns`` (without end) say. Who waits for another's lock is not asked."""

    watch: psycopg.Connection
    turns: Iterator[int]

    def play(self, actors: Sequence[Actor]) -> None:
        """Until all have come to their end."""
        for number in islice(self.turns, MOST_STEPS):
            self._settle(actors)
            if all(actor.ended.is_set() for actor in actors):
                return
            if actors[number].rests.is_set() and not actors[number].ended.is_set():
                actors[number].go_on()
        raise AssertionError("they wait for one another, or for ever")

    def _settle(self, actors: Sequence[Actor]) -> None:
        """Wait until each is before a statement, at its end, or waits for another."""
        until = monotonic() + PATIENCE
        while any(actor.is_moving() and not self._waits(actor) for actor in actors):
            assert monotonic() < until, "a statement does not come to its end"

    def _waits(self, actor: Actor) -> bool:
        row = self.watch.execute(BLOCKED, (actor.session,)).fetchone()
        return row is not None and bool(row[0])


@dataclass
class Deciding:
    """A worker that decides nothing but that it has seen an event. The first batch of it leaves another event in each
    of the shards ``leaves``."""

    storage: Storage
    leaves: list[str] = field(default_factory=list)
    shards: tuple[int, ...] = ()
    on_decided: Callable[[Sequence[Any]], None] = lambda decided: None
    batch: int = 2
    rulebooks: Any = field(default_factory=lambda: SimpleNamespace(hindrance=str))

    async def work_once(self) -> int:
        events = await self.storage.read(lambda t: t.inbox.waiting(self.batch, shards=self.shards))
        if events:
            self.on_decided(await self.storage.run(lambda t: self.decide(t, events)))
        return len(events)

    def decide(self, t: Transaction, events: Sequence[WaitingEvent]) -> list[int]:
        ours = [one.id for one in t.inbox.still_waiting(events)]
        t.inbox.keep([letter(f"left {next(NUMBERS)}", lane) for lane in self.leaves])
        self.leaves.clear()
        t.inbox.decided(ours, NOON)
        return ours


def writing(lanes: Sequence[Sequence[str]]) -> Callable[[Storage], None]:
    """Leave events in these lanes, one transaction after another."""

    def work(storage: Storage) -> None:
        for together in lanes:
            with storage.transaction() as t:
                t.inbox.keep([letter(f"written {next(NUMBERS)}", lane) for lane in together])

    return work


def working(leaves: Sequence[str], decided: list[int]) -> Callable[[Storage], None]:
    """Do some jobs, as far as there are any."""

    def work(storage: Storage) -> None:
        bell = Bell(SystemClock())
        worker = Deciding(storage, [*leaves], on_decided=decided.extend)
        works = Shards(storage, worker, bell)  # type: ignore[arg-type]
        for _ in range(JOBS):
            if (shard := pop_job(storage)) is not None:
                assert asyncio.run(works.wake(shard))

    return work


def of_turns(first: Sequence[tuple[int, int]], then: Sequence[int]) -> Iterator[int]:
    """Who goes on, statement by statement: at ``first`` each so many times, then one by one to their ends; and who had
    to wait meanwhile."""
    yield from (number for number, times in first for _ in range(times))
    yield from (number for number in then for _ in range(WHOLE))
    yield from cycle(then)


LANES = st.lists(st.lists(st.sampled_from([FIVE, SIX]), min_size=1, max_size=3), max_size=2)
LEAVES = st.lists(st.sampled_from([FIVE, SIX]), max_size=2)
ACTORS = range(WRITERS + WORKERS)
WORKERS_FIRST = [2, 3, 0, 1]
FIRST = st.lists(st.tuples(st.sampled_from(ACTORS), st.integers(1, 12)), max_size=4)


@pytest.fixture
def actors(shared_url: str) -> Iterator[list[Actor]]:
    actors = [Actor(shared_url) for _ in range(WRITERS + WORKERS)]
    with ExitStack() as stack:
        for actor in actors:
            stack.enter_context(closing(actor.storage))
        yield actors


def test_whoever_is_overtaken_by_whom_no_event_waits_of_which_nobody_is_told(
    shared_url: str, actors: list[Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "TRY_AGAIN", 0.0)
    monkeypatch.setattr(shards, "BATCHES", 2)

    @settings(max_examples=EXAMPLES)
    @example(lanes=[[[FIVE]], []], leaves=[[], []], first=[(0, 1)], then=WORKERS_FIRST)
    @example(lanes=[[[FIVE]], []], leaves=[[], []], first=[(0, 2)], then=WORKERS_FIRST)
    @example(lanes=[[[FIVE]], []], leaves=[[], []], first=[(0, 3)], then=WORKERS_FIRST)
    @example(lanes=[[], []], leaves=[[FIVE], []], first=[], then=WORKERS_FIRST)
    @given(
        lanes=st.lists(LANES, min_size=WRITERS, max_size=WRITERS),
        leaves=st.lists(LEAVES, min_size=WORKERS, max_size=WORKERS),
        first=FIRST,
        then=st.permutations(ACTORS),
    )
    def play(
        lanes: list[list[list[str]]], leaves: list[list[str]], first: list[tuple[int, int]], then: list[int]
    ) -> None:
        for statement in EMPTY:
            tell(ground, statement)
        with ground.transaction() as t:
            t.inbox.keep([letter(f"first {next(NUMBERS)}", lane) for lane in (FIVE, SIX)])
        decided: list[int] = []
        for actor, work in zip(actors, [*map(writing, lanes), *(working(one, decided) for one in leaves)], strict=True):
            actor.begin(work)
        Stage(watch, of_turns(first, then)).play(actors)
        assert [actor.failed for actor in actors] == [None] * len(actors)
        assert len(decided) == len(set(decided))
        waiting = {row[0] for row in ask(ground, "SELECT DISTINCT shard FROM inbox WHERE state = 'waiting'")}
        assert waiting <= set(jobs(ground))

    with closing(sharing(shared_url)) as ground, psycopg.connect(shared_url, autocommit=True) as watch:
        play()
