"""Bells across processes: rung soon and not too often, heard again after an outage, and never in the way of a stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
import pytest

from gateway import far_bells
from gateway.bells import Bells
from gateway.clock import SystemClock
from gateway.far_bells import FarBells
from storage.aside import Aside
from storage.errors import StorageUnavailable
from storage.listening import CONNECTED, heard
from tests.databases import PostgresServer
from tests.gateway.running import until


@dataclass
class Rope:
    """Other processes, as far as this one can tell."""

    away: bool = False
    hangs: bool = False
    rung: list[list[str]] = field(default_factory=list)
    incoming: "asyncio.Queue[str | None]" = field(default_factory=asyncio.Queue)

    async def ring(self, bells: Collection[str]) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise StorageUnavailable("away")
        self.rung.append([bell.partition(" ")[0] for bell in bells])

    async def listen(self) -> AsyncIterator[str]:
        yield CONNECTED
        while (ring := await self.incoming.get()) is not None:
            yield ring
        raise StorageUnavailable("lost")


@dataclass
class Here:
    """This process."""

    rope: Rope
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.far = FarBells(self.rope, self.rope.listen, "here")
        self.bells = Bells(SystemClock(), self.far.ring)
        for name in ("reader", "timers"):
            self.bells.on(name, lambda name=name: self.heard.append(name))  # type: ignore[misc]


@asynccontextmanager
async def at_work(rope: Rope) -> AsyncIterator[Here]:
    here = Here(rope)
    bell = here.bells.new()
    task = asyncio.create_task(here.far.run(here.bells, bell))
    await until(connected(here))
    here.heard.clear()
    yield here
    here.bells.close()
    async with asyncio.timeout(30):
        await task


def connected(here: Here) -> Callable[[], Awaitable[bool]]:
    """Whether any bell has rung."""

    async def is_so() -> bool:
        return bool(here.heard)

    return is_so


async def test_rings_that_come_together_go_out_as_one() -> None:
    async with at_work(Rope()) as here:
        for _ in range(100):
            here.bells.ring("reader", "timers")

        async def rung() -> bool:
            return bool(here.rope.rung)

        await until(rung)
        assert here.rope.rung[0] == ["reader", "timers"]
        assert len(here.rope.rung) <= 2
        assert here.heard == ["reader", "timers"] * 100


async def test_what_others_ring_is_heard_and_what_we_rang_is_not_heard_again() -> None:
    async with at_work(Rope()) as here:
        for ring in ("reader here", "unknown there", "timers there"):
            here.rope.incoming.put_nowait(ring)
        await until(connected(here))
        assert here.heard == ["timers"]


async def test_after_an_outage_all_bells_ring_for_nobody_knows_what_was_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(far_bells, "OUTAGE_PAUSE", 0.01)
    async with at_work(Rope()) as here:
        here.rope.incoming.put_nowait(None)
        await until(connected(here))
        assert here.heard == ["reader", "timers"]


async def test_a_ring_that_the_database_does_not_take_is_lost_and_the_next_one_is_not() -> None:
    async with at_work(Rope(away=True)) as here:
        here.bells.ring("reader")
        await asyncio.sleep(0.1)
        here.rope.away = False
        here.bells.ring("timers")

        async def rung() -> bool:
            return here.rope.rung == [["timers"]]

        await until(rung)


async def test_a_stop_rings_what_is_still_to_be_rung_and_does_not_wait_for_a_database_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(far_bells, "LAST_SECONDS", 0.05)
    rope = Rope()
    far = FarBells(rope, rope.listen, "here")
    far.ring("leases")
    await far.flush()
    assert rope.rung == [["leases"]]
    rope.hangs = True
    far.ring("leases")
    async with asyncio.timeout(30):
        await far.flush()


@pytest.fixture
def url(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


async def test_postgresql_carries_rings_and_a_lost_session_is_told(url: str) -> None:
    aside, rings = Aside(url), heard(url)
    assert await anext(rings) == CONNECTED
    await aside.ring(["reader here", "timers there"])
    assert [await anext(rings), await anext(rings)] == ["reader here", "timers there"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            " AND datname = current_database()"
        )
    with pytest.raises(StorageUnavailable):
        await anext(rings)
    aside.close()


async def test_where_there_is_no_server_nothing_is_heard(url: str) -> None:
    with pytest.raises(StorageUnavailable):
        await anext(heard("postgresql://postgres@/nowhere?host=/nowhere"))
