"""Alone with a database, or one of several processes on it: who does what only one may do."""

import asyncio
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from gateway import leasing
from gateway.bells import READER
from gateway.clock import Bell, SystemClock
from gateway.sharing import Alone, Shared
from storage.database import Storage


@dataclass
class Work:
    """A part that works until its bell is closed."""

    bell: Bell
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        self.begun.set()
        while not self.bell.closed:
            await self.bell.wait(None, 60.0)


def test_alone_everything_is_done_and_written_here() -> None:
    with closing(Storage("sqlite:///never.db")) as storage:
        alone = Alone(storage, SystemClock())
        work = Work(alone.bells.new())
        assert (alone.writing(READER), alone.leased(READER, work), alone.parts()) == (storage, work, [])


async def test_who_waits_for_a_lease_has_it_as_soon_as_the_process_that_had_it_stops(
    shared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bell tells of it: nobody asks in vain meanwhile."""
    monkeypatch.setattr(leasing, "TAKE_SECONDS", 60.0)
    with closing(Storage(shared_url)) as storage:
        one, other = (Shared(storage, shared_url, SystemClock()) for _ in range(2))
        works = [Work(process.bells.new()) for process in (one, other)]
        hears = asyncio.Event()
        other.bells.on("anything", hears.set)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            first = start(group, one, works[0])
            await works[0].begun.wait()
            start(group, other, works[1])
            await hears.wait()
            one.bells.close()
            await first
            await one.tell()
            await works[1].begun.wait()
            other.bells.close()
        for process in (one, other):
            await process.close()


def start(group: asyncio.TaskGroup, process: Shared, work: Work) -> "asyncio.Task[None]":
    """Whatever this process does; what is done under the lease."""
    process.writing(READER)
    for part in process.parts():
        group.create_task(part.run())
    return group.create_task(process.leased(READER, work).run())
