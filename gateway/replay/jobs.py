"""Shares a replay out to processes, stretch by stretch. Each opens the database for itself, and only reads."""

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context

from gateway.recorded import Stretch, Versions
from gateway.replay.replaying import Replay
from gateway.replay.tally import Tally
from gateway.versions import versions_of_folder
from rules.loader import Project
from storage.database import Storage

SHARE = 2_000  # numbers of events that a process takes at once
PAYS = 10_000  # numbers of events for which one process more pays
MAX_JOBS = 64


class Interrupted(RuntimeError):
    """A replay did not come to its end; says why."""


@dataclass(frozen=True)
class Order:
    """What is to be replayed: the decisions ``wanted`` of the database of that URL, with the rule files ``texts``;
    ``examples`` of each case are kept."""

    database: str
    texts: Mapping[str, bytes]
    project: Project
    wanted: Stretch
    examples: int


def replay(order: Order, jobs: int = 0, on_page: Callable[[int], None] = lambda decisions: None) -> Tally:
    """Decide all that is wanted again, in so many processes (0: as many as pay).

    ``on_page`` is told how many more decisions are done. Raises `Unreadable` for a mistake in the rule files,
    `StorageUnavailable`, and `Interrupted` where one of the processes was ended from outside.
    """
    storage = Storage(order.database)
    try:
        with storage.reading() as t:
            numbers = t.decisions.numbers(order.wanted.since, order.wanted.until)
        shares = list(_shares(order.wanted, *numbers)) if numbers else []
        wanted = jobs or _paying(len(shares) * SHARE)
        if wanted == 1 or len(shares) < 2:
            return _alone(_replay(order, storage), order.wanted, on_page)
    finally:
        storage.close()
    return _together(order, shares, min(wanted, len(shares)), on_page)


def _alone(replay: Replay, wanted: Stretch, on_page: Callable[[int], None]) -> Tally:
    gc.freeze()  # what is there already need not be looked through again and again: a tenth of the time
    try:
        return replay.run(wanted, on_page)
    finally:
        gc.unfreeze()


def _paying(numbers: int) -> int:
    return min(processors(), max(1, numbers // PAYS), MAX_JOBS)


def processors() -> int:
    """How many this process may use, which may be fewer than the machine has; all of them where no system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shares(wanted: Stretch, lowest: int, highest: int) -> Iterator[Stretch]:
    for after in range(lowest - 1, highest, SHARE):
        yield replace(wanted, after=after, last=min(after + SHARE, highest))


def _replay(order: Order, storage: Storage) -> Replay:
    new = versions_of_folder(order.texts, order.project)
    books = {version.book.hash: version.book for version in new.values()}
    return Replay(storage, Versions(order.project, books.get), new, order.examples)


def _together(order: Order, shares: list[Stretch], jobs: int, on_page: Callable[[int], None]) -> Tally:
    tally = Tally(order.examples)
    own = get_context("spawn")  # a forked copy would share connections and locks with this process
    with ProcessPoolExecutor(jobs, mp_context=own, initializer=_begin, initargs=(order,)) as pool:
        try:
            for found in pool.map(_share, shares):
                tally.add(found)
                on_page(found.decisions + found.left_out.total() + found.elsewhere)
        except BrokenProcessPool as problem:
            raise Interrupted("a process of the replay was ended from outside: try fewer --jobs") from problem
    return tally


_own: list[Replay] = []  # of a process of the pool: one, from its beginning to its end


def _begin(order: Order) -> None:
    _own.append(_replay(order, Storage(order.database)))
    gc.freeze()


def _share(wanted: Stretch) -> Tally:
    return _own[0].run(wanted)
