"""Whatever happens to database and spool: what was taken is in the inbox once, in the order in which it came."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.database import Storage
from storage.errors import SpoolUnavailable, StorageUnavailable
from storage.inbox_or_spool import InboxOrSpool
from storage.spool import Spool
from storage.transaction import Transaction
from storage.values import NewEvent
from tests.conftest import prepared_file
from tests.storage.rows import drain_all, event

T = TypeVar("T")

SOON = 1.0  # seconds
NUMBERS = count()
IN_ORDER, OUT, LOST, LATE = "in order", "out", "lost while it commits", "late"
REFUSED = StorageUnavailable("the disk is full")


class Troubled(Storage):
    """A database with trouble: it does nothing, commits without saying so, or commits only before its next work."""

    trouble = IN_ORDER
    late: list[Callable[[Transaction], Any]]

    async def run(self, work: Callable[[Transaction], T]) -> T:
        begun, self.late = self.__dict__.get("late", []), []
        for one in begun if self.trouble != OUT else ():
            await super().run(one)
        if self.trouble == LATE:
            self.late = [work]
        if self.trouble == LOST:
            await super().run(work)
        if self.trouble != IN_ORDER:
            raise REFUSED
        return await super().run(work)


class TroubledSpool(Spool):
    """A spool whose file may take nothing; what is in it can be read."""

    broken = False

    def _keep(self, events: Sequence[NewEvent]) -> set[str]:
        self._refuse()
        return super()._keep(events)

    def _forget(self) -> None:
        self._refuse()
        super()._forget()

    def _refuse(self) -> None:
        if self.broken:
            raise SpoolUnavailable("the spool's disk is full")


@dataclass
class Place:
    """Database and spool, with what was promised of them; ``doubted`` was refused and may be kept all the same."""

    storage: Troubled
    path: Path
    spool: TroubledSpool = field(init=False)
    both: InboxOrSpool = field(init=False)
    taken: list[str] = field(default_factory=list)
    doubted: set[str] = field(default_factory=set)

    def start(self) -> None:
        self.spool = TroubledSpool(self.path, limit=8)
        self.spool.open()
        self.both = InboxOrSpool(self.storage, self.spool)

    async def keep(self, *keys: str) -> None:
        try:
            await self.both.keep([event(key) for key in keys], SOON)
        except StorageUnavailable:
            assert self.storage.trouble != IN_ORDER, "what the database takes is never refused"
            self.doubted.update(keys)
        else:
            self.taken += keys

    async def drain(self) -> None:
        try:
            await self.both.drain()
        except StorageUnavailable:
            assert self.storage.trouble != IN_ORDER or self.spool.broken

    def restart(self) -> None:
        """The process is killed and started again: nothing is known but what is on disk."""
        self.spool.close()
        self.start()

    async def end(self) -> list[str]:
        """All trouble is over; the keys in the inbox, in its order."""
        self.storage.trouble, self.spool.broken = IN_ORDER, False
        await drain_all(self.both)
        self.spool.close()
        kept = await self.storage.read(lambda t: t.inbox.waiting(1_000_000))
        ours = {*self.taken, *self.doubted}
        return [one.key for one in kept if one.key in ours]


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troubled]:
    storage = Troubled(prepared_file(tmp_path_factory.mktemp("troubled") / "pointsman.db"))
    yield storage
    storage.close()


STEPS = st.one_of(
    st.tuples(st.just("keep"), st.integers(1, 4)),
    st.tuples(st.just("database"), st.sampled_from([IN_ORDER, OUT, LOST, LATE])),
    st.tuples(st.just("spool"), st.booleans()),
    st.tuples(st.sampled_from(["drain", "again", "restart"]), st.none()),
)


async def play(place: Place, steps: Sequence[tuple[str, Any]]) -> list[str]:
    place.start()
    for step, value in steps:
        match step:
            case "keep":
                await place.keep(*(f"k{next(NUMBERS)}" for _ in range(value)))
            case "database":
                place.storage.trouble = value
            case "spool":
                place.spool.broken = value
            case "drain":
                await place.drain()
            case "again":
                await again(place)
            case "restart":
                place.spool.broken = False
                place.restart()
    return await place.end()


async def again(place: Place) -> None:
    """A provider brings what it brought before."""
    for key in place.taken[-3:]:
        try:
            await place.both.keep([event(key)], SOON)
        except StorageUnavailable:
            assert place.storage.trouble != IN_ORDER


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEPS, max_size=25))
def test_what_was_taken_is_in_the_inbox_once_and_in_order_whatever_happened(
    troubled: Troubled, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]
) -> None:
    place = Place(troubled, tmp_path_factory.mktemp("spool") / "spool.db")
    kept = asyncio.run(play(place, steps))

    assert len(kept) == len(set(kept))
    assert [key for key in kept if key not in place.doubted] == place.taken
