"""A turn of the worker, of the timers or of a sender takes no longer for all that was done before it, nor for all that
waits: whatever it asks of the database, it reads few rows for it."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from benchmarks.people import NOW, SMS, join, report, work_off, write_in
from gateway.clock import Bell, ManualClock
from gateway.timers import Timers
from gateway.worker import OF_OTHERS
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import WaitingEvent
from tests.conftest import prepared_file
from tests.databases import PostgresServer
from tests.storage.large_past import WAITING, fill_past
from tests.storage.turns import Found, watched

PEOPLE = 4
DAY = timedelta(days=1)
CHANNELS = [SMS.name]


@pytest.fixture(params=["sqlite", "postgres", "postgres that knows"])
def large(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Much is past, and much is to be done before what comes now; PostgreSQL's planner may not know of that yet."""
    with ExitStack() as open_ones:
        if request.param == "sqlite":
            url = prepared_file(tmp_path / "pointsman.db")
        else:
            server: PostgresServer = request.getfixturevalue("postgres")
            url = open_ones.enter_context(server.database(request.getfixturevalue("prepared")))
        storage = open_ones.enter_context(closing(Storage(url)))
        with storage._writing.begin() as connection:
            fill_past(connection, told="knows" in request.param)
        yield storage


def costly(found: Found) -> Found:
    return {statement: parts for statement, parts in found.items() if parts}


async def test_a_turn_of_the_worker_reads_neither_the_past_nor_all_that_waits(large: Storage) -> None:
    join(large, PEOPLE)
    with watched(large) as found:
        await work_off(large)
        write_in(large, PEOPLE)
        report(large, PEOPLE)
        await work_off(large)

    assert len(found) > 20
    assert costly(found) == {}


async def test_a_turn_in_one_shard_reads_nothing_of_the_others(large: Storage) -> None:
    for shard in (7, 200):
        await reads_little(large, [shard])


@pytest.mark.parametrize("large", ["postgres", "postgres that knows"], indirect=True)
async def test_a_turn_in_some_shards_reads_little_of_each_and_nothing_of_the_others(large: Storage) -> None:
    await reads_little(large, [7, 200, *range(20, 50)])


async def reads_little(large: Storage, shards: list[int]) -> None:
    lanes = {f"l{number}" for shard in shards for number in range(shard, WAITING + 1, 256)}
    with watched(large) as found:
        events = await large.read(partial(first_of, shards))
        assert len(events) == 10
        assert {event.lane for event in events} <= lanes
        assert await large.run(partial(in_turn, events)) == events

    assert costly(found) == {}


def first_of(shards: list[int], t: Transaction) -> list[WaitingEvent]:
    return t.inbox.waiting(10, shards=shards, exclude=OF_OTHERS)


def in_turn(events: list[WaitingEvent], t: Transaction) -> list[WaitingEvent]:
    return t.inbox.in_turn(events, OF_OTHERS)


async def test_a_turn_of_the_timers_reads_neither_the_past_nor_what_is_to_come(large: Storage) -> None:
    clock = ManualClock(NOW + 2 * DAY)
    timers = Timers(large, clock, Bell(clock), lambda: None)
    with watched(large) as found:
        assert await large.read(timers.next_due) is not None
        await large.run(timers.fire)

    assert costly(found) == {}


async def test_a_turn_of_a_sender_reads_neither_the_past_nor_all_that_is_owed(large: Storage) -> None:
    with watched(large) as found:
        await large.run(send)

    assert costly(found) == {}


def send(t: Transaction) -> None:
    """As a sender does: some are sent, one is to be tried again, of one nobody knows."""
    assert t.outbox.next_due(CHANNELS) is not None
    first, second, *others = t.outbox.claim(NOW, 20, CHANNELS)
    t.outbox.sent_many([(one.message, f"SM{one.message}") for one in others], NOW)
    t.outbox.retry(first.message, NOW + DAY)
    t.outbox.unknown(second.message, NOW + DAY)
    t.outbox.settled([second.message])
    t.outbox.cancel_address(SMS.name, others[0].address)
    t.outbox.cancel(["t9"])
    t.messages.provider_ids(SMS.name, others[0].address, NOW)
