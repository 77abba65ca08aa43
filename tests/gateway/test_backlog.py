"""Queues that take long to count are told as they were counted last, and are no outage."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from gateway import health
from gateway.looking import Looking
from storage.errors import StorageUnavailable
from storage.values import Row
from tests.databases import PostgresServer
from tests.gateway.example_rules import ECHO
from tests.gateway.running import START, World, running, until
from tests.gateway.test_health import metrics, ready

ONLY_COUNTED = {"owed_messages", "counts_age_seconds", "oldest_waiting_event_seconds", "uploads queued"}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LOOK_SECONDS", 0.3)


@pytest.fixture
def url(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as database:
        yield database


@contextmanager
def nobody_counts(url: str) -> Iterator[psycopg.Connection]:
    """Who counts what is owed waits, as with millions of rows; all else answers."""
    with psycopg.connect(url, autocommit=True) as other, other.transaction():
        other.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        yield other


def waiting(other: psycopg.Connection) -> int:
    """How many sessions wait for a lock."""
    found = other.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.usefixtures("hurried")
async def test_a_database_that_counts_for_long_is_up_and_what_it_told_before_is_told_with_its_age(
    url: str, tmp_path: Path
) -> None:
    async with running(tmp_path, ECHO, database=url) as world:
        await world.quiet()
        before = await metrics(world)
        with nobody_counts(url) as other:
            during = await asyncio.gather(*(metrics(world) for _ in range(4)))
            later, (status, told) = await metrics(world), await ready(world)
            threads = waiting(other)
        await until(lambda: counted_anew(world))

        assert (before["database_up"], before["counts_age_seconds"] < 0.3) == (1, True)
        assert all(one["database_up"] == 1 and one.keys() >= ONLY_COUNTED for one in during)
        assert later["counts_age_seconds"] > during[0]["counts_age_seconds"] >= 0.3
        assert (status, told["status"], told["owed_messages"]) == (200, "ready", 0)
        assert threads == 1


async def counted_anew(world: World) -> bool:
    return (await metrics(world))["counts_age_seconds"] < 0.3


@pytest.mark.usefixtures("hurried")
async def test_what_was_never_counted_is_left_out(url: str, tmp_path: Path) -> None:
    async with running(tmp_path, ECHO, database=url) as world:
        await world.quiet()
        with nobody_counts(url):
            counted, (status, told) = await metrics(world), await ready(world)
        await until(lambda: counted_anew_at_last(world))

    assert (counted["database_up"], counted.keys() & ONLY_COUNTED) == (1, set())
    assert (status, told) == (200, {"status": "ready", "spooled_events": 0})


async def counted_anew_at_last(world: World) -> bool:
    return "owed_messages" in await metrics(world)


async def test_contact_lists_are_told_by_their_status(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.upload("echo", "phone\n+4915112345678\n")
        await world.upload("echo", "phone\nnonsense\n")
        await world.gateway.storage.run(lambda t: t.uploads.add(paused()))
        await until(lambda: stand(world, queued=0, processing=0, paused=1, cancelled=0, completed=1, failed=1))


async def stand(world: World, **statuses: int) -> bool:
    counted = await metrics(world)
    return {status: counted[f"uploads {status}"] for status in statuses} == statuses


def paused() -> Row:
    return {"id": "u1", "campaign": "echo", "file": "later.csv", "status": "paused", "started_at": START}


async def test_a_look_under_way_is_shared_and_goes_on_when_nobody_waits_any_more() -> None:
    begun: list[int] = []
    may_end = asyncio.Event()

    async def look() -> int:
        begun.append(len(begun) + 1)
        await may_end.wait()
        return begun[-1]

    looking = Looking(look)
    found = await asyncio.gather(*(looking.within(0.0) for _ in range(3)), return_exceptions=True)
    assert ([type(one) for one in found], begun) == ([TimeoutError] * 3, [1])
    may_end.set()
    assert (await looking.within(5.0), await looking.within(5.0)) == (1, 2)


async def test_a_look_that_fails_is_told_and_the_next_one_is_made_anew() -> None:
    told = [5]

    async def look() -> int:
        if told:
            return told.pop()
        raise StorageUnavailable("gone")

    looking = Looking(look)
    assert await looking.within(5.0) == 5
    for _ in range(2):
        with pytest.raises(StorageUnavailable, match="gone"):
            await looking.within(5.0)
