"""Shards: whoever leaves events wakes one worker, and only the last turn that was given may write."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen

from storage.database import Storage
from storage.errors import LeaseLost, SchemaMismatch, StorageError
from storage.transaction import Transaction
from storage.values import SHARDS, NewEvents
from tests.storage.rows import NOON
from tests.storage.sharing import (
    FIVE,
    LANE_OF,
    LANES,
    SIX,
    armed,
    event,
    jobs,
    keep,
    run,
    sharing,
    take,
    tell,
    unheard,
)


@pytest.fixture
def shared(shared_url: str) -> Iterator[Storage]:
    with closing(sharing(shared_url)) as storage:
        yield storage


def test_events_that_are_kept_wake_one_worker_for_each_of_their_shards(shared: Storage) -> None:
    keep(shared, event("a", FIVE), event("b", SIX), event("c", FIVE))
    assert (jobs(shared), armed(shared)) == ([5, 6], [5, 6])


def test_a_shard_that_is_armed_gets_no_second_job(shared: Storage) -> None:
    keep(shared, event("a", FIVE))
    keep(shared, event("b", FIVE), event("c", SIX))
    assert jobs(shared) == [5, 6]


def test_events_that_were_not_kept_wake_nobody(shared: Storage) -> None:
    def fail(t: Transaction) -> None:
        t.inbox.keep([event("a", FIVE)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run(shared, fail))
    assert (jobs(shared), armed(shared)) == ([], [])


def test_a_request_that_the_reader_is_to_read_wakes_no_worker(shared: Storage) -> None:
    keep(shared, event("a", FIVE, kind="request"))
    assert (jobs(shared), unheard(shared)) == ([], [])
    keep(shared, event("b", SIX))
    tell(shared, "DELETE FROM pgqueuer")
    assert unheard(shared) == [6]


def test_rows_that_come_column_by_column_wake_a_worker_too(shared: Storage) -> None:
    with shared.transaction() as t:
        t.inbox.add(NewEvents("participant", NOON, ["a", "b"], [SIX, FIVE], ["{}", "{}"]))
    assert jobs(shared) == [5, 6]


def test_held_events_that_are_released_wake_a_worker(shared: Storage) -> None:
    keep(shared, event("a", FIVE))
    take(shared, 5, "mine")
    with shared.transaction() as t:
        t.inbox.hold([one.id for one in t.inbox.waiting(1)])
    with shared.transaction() as t:
        assert t.inbox.release() == 1
    assert jobs(shared) == [5, 5]


def test_a_parked_event_that_is_taken_back_wakes_a_worker(shared: Storage) -> None:
    keep(shared, event("a", FIVE))
    take(shared, 5, "mine")
    with shared.transaction() as t:
        t.inbox.park(number := t.inbox.waiting(1)[0].id, "for a reason", NOON)
    with shared.alone() as t:
        t.parked.take_back([number])
    assert jobs(shared) == [5, 5]


def test_a_process_by_itself_arms_nothing(shared: Storage, shared_url: str) -> None:
    with closing(Storage(shared_url)) as lone:
        keep(lone, event("a", FIVE))
        with pytest.raises(StorageError, match="does not share"):
            unheard(lone)
    assert (jobs(shared), armed(shared)) == ([], [])


def test_a_shard_is_disarmed_when_it_is_taken_so_what_comes_later_wakes_somebody_anew(shared: Storage) -> None:
    keep(shared, event("a", FIVE))
    assert take(shared, 5, "mine")
    assert armed(shared) == []
    keep(shared, event("b", FIVE))
    assert jobs(shared) == [5, 5]


def test_only_the_last_turn_may_write(shared: Storage) -> None:
    take(shared, 5, "first")
    take(shared, 5, "second")
    with shared.transaction() as t:
        t.shards.confirm([5], "second")
    with pytest.raises(LeaseLost, match="shard 5"), shared.transaction() as t:
        t.shards.confirm([5], "first")


def test_a_shard_is_not_taken_from_who_is_in_the_middle_of_a_batch(shared: Storage, shared_url: str) -> None:
    take(shared, 5, "first")
    with closing(sharing(shared_url)) as other:
        with shared.transaction() as t:
            t.shards.confirm([5], "first")
            assert not take(other, 5, "second")
        assert take(other, 5, "second")


def test_what_a_turn_leaves_in_its_own_shard_wakes_nobody(shared: Storage) -> None:
    """It looks again itself; others are woken for the other shards."""
    take(shared, 5, "mine")
    with shared.transaction() as t:
        t.shards.confirm([5], "mine")
        t.inbox.keep([event("a", FIVE), event("b", SIX)])
    assert jobs(shared) == [6]


def test_a_turn_that_is_given_up_wakes_another(shared: Storage) -> None:
    take(shared, 5, "mine")
    with shared.transaction() as t:
        t.shards.confirm([5], "mine")
        t.shards.leave([5])
    assert (jobs(shared), armed(shared)) == ([5], [5])


@pytest.mark.parametrize("lost", ["DELETE FROM pgqueuer", "UPDATE shard SET armed = false; DELETE FROM pgqueuer"])
def test_a_wake_up_that_was_lost_is_found(shared: Storage, lost: str) -> None:
    keep(shared, event("a", FIVE), event("b", SIX), event("c", LANE_OF[255]))
    tell(shared, lost)
    assert unheard(shared) == [5, 6, 255]
    for _ in range(2):
        with shared.transaction() as t:
            t.shards.wake([5, 6, 255])
    assert (jobs(shared), armed(shared), unheard(shared)) == ([5, 6, 255], [5, 6, 255], [])


def test_who_is_woken_already_is_not_woken_by_the_sweep(shared: Storage) -> None:
    keep(shared, event("a", FIVE))
    take(shared, 5, "mine")
    tell(shared, "UPDATE pgqueuer SET status = 'picked'")
    assert unheard(shared) == []
    tell(shared, "DELETE FROM pgqueuer")
    assert unheard(shared) == [5]


def test_where_nothing_waits_looking_for_lost_wake_ups_is_one_question(shared: Storage) -> None:
    """Idle processes ask it every two seconds."""
    asked: list[str] = []
    with shared.reading() as t:
        listen(t.inbox._connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
        assert t.shards.unheard() == []
    assert len(asked) == 1


@pytest.mark.parametrize("table", ["shard", "shard_turn"])
def test_a_shard_that_is_unknown_to_the_database_is_missed_and_made(shared: Storage, table: str) -> None:
    tell(shared, f"DELETE FROM {table} WHERE id = 7")  # noqa: S608
    with shared.transaction() as t:
        with pytest.raises(SchemaMismatch, match="no-migrate"):
            t.shards.check()
        t.shards.ensure()
        t.shards.check()


def test_looking_for_lost_wake_ups_reads_one_index_entry_for_each_shard(shared: Storage) -> None:
    with shared.transaction() as t:
        lanes = LANES * 5
        t.inbox.add(NewEvents("message", NOON, list(map(str, range(len(lanes)))), lanes, ["{}"] * len(lanes)))
    tell(shared, "DELETE FROM pgqueuer")
    tell(shared, "ANALYZE inbox")
    with shared.reading() as t:
        from storage.shards import WAITING

        plan = "\n".join(
            t.inbox._connection.execute(text(f"EXPLAIN {WAITING.text}"), WAITING.compile().params).scalars()
        )
    assert "inbox_waiting" in plan
    assert "Seq Scan on inbox" not in plan
    assert "Sort" not in plan, plan
    assert len(unheard(shared)) == SHARDS
