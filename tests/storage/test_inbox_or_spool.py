"""Events go to the database, else to the spool, and from there to the database; each caller is told the truth."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.group_commit import GroupCommit
from storage.inbox_or_spool import InboxOrSpool
from storage.transaction import Transaction
from storage.values import NewEvent
from tests.storage.rows import drain_all, event, kept

SOON = 1.0  # seconds
REFUSED = StorageUnavailable("the disk is full")


async def refuse(work: object) -> Any:
    raise REFUSED


async def test_a_sound_database_keeps_events_and_the_spool_stays_empty(place: Any) -> None:
    both, storage, spool, told = place

    assert await both.keep([event("a"), event("a"), event("b")], SOON) == [True, False, True]
    assert (kept(storage), spool.depth, told) == (["a", "b"], 0, [("kept", 2), ("known", 1)])


async def test_during_an_outage_events_go_to_the_spool_and_the_reason_is_told_once(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, storage, spool, told = place
    with monkeypatch.context() as trouble:
        trouble.setattr(storage, "run", refuse)
        assert await both.keep([event("a")], SOON) == [True]
        assert await both.keep([event("b"), event("a")], SOON) == [True, False]
    assert await both.keep([event("c")], SOON) == [True]
    assert kept(storage) == []
    await drain_all(both)

    assert (kept(storage), spool.depth) == (["a", "b", "c"], 0)
    assert [one for one in told if one[-1] != 0] == [
        ("spooled", 1), "the disk is full", ("spooled", 1), ("known", 1), ("spooled", 1), ("drained", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_a_database_that_comes_and_goes_while_events_come_and_are_moved_disturbs_no_order(
    place: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    both, storage, spool, _ = place
    chance, run = random.Random(seed), storage.run  # noqa: S311 - the same troubles each time
    monkeypatch.setattr(spool, "_limit", 1_000)

    async def moody(work: Any) -> Any:
        await asyncio.sleep(chance.choice([0, 0, 0.001]))
        if chance.random() < 0.3:
            raise REFUSED
        result = await run(work)
        if chance.random() < 0.2:
            raise REFUSED
        return result

    monkeypatch.setattr(storage, "run", moody)
    commit, keys = GroupCommit(both, batch=3), [f"k{number}" for number in range(90)]
    drainer = asyncio.create_task(drain_for_ever(both))
    answers = await asyncio.gather(*(commit.keep(event(key)) for key in keys))
    drainer.cancel()
    monkeypatch.undo()
    await drain_all(both)

    assert (set(answers) <= {True, False}, kept(storage)) == (True, keys)


async def drain_for_ever(both: InboxOrSpool) -> None:
    while True:
        with suppress(StorageUnavailable):
            await both.drain()
        await asyncio.sleep(0)


async def test_a_database_that_is_too_slow_is_not_waited_for(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    both, storage, spool, told = place
    free = asyncio.Event()
    run = storage.run

    async def slow(work: Any) -> Any:
        await free.wait()
        return await run(work)

    monkeypatch.setattr(storage, "run", slow)
    assert await both.keep([event("a")], 0.01) == [True]
    assert spool.depth == 1
    free.set()
    await drain_all(both)
    assert kept(storage) == ["a"]
    assert "within 0.0 seconds" in told[2]


async def test_an_event_whose_time_is_up_goes_to_the_spool_at_once(place: Any) -> None:
    both, storage, spool, _ = place

    assert await both.keep([event("a")], -0.5) == [True]
    assert (kept(storage), spool.depth) == ([], 1)


async def test_a_full_spool_is_emptied_first_where_the_database_is_well_again(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, storage, _, _ = place
    with monkeypatch.context() as trouble:
        trouble.setattr(storage, "run", refuse)
        await both.keep([event(key) for key in "abcd"], SOON)
        with pytest.raises(StorageUnavailable, match="takes 4"):
            await both.keep([event("refused")], SOON)
    assert await both.keep([event("e")], SOON) == [True]
    assert kept(storage) == ["a", "b", "c", "d", "e"]


async def test_who_can_be_kept_nowhere_is_told_both_reasons(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    both, storage, _, _ = place
    monkeypatch.setattr(storage, "run", refuse)
    with pytest.raises(StorageUnavailable, match=r"the disk is full; 0 events wait in the spool .* takes 4"):
        await both.keep([event(key) for key in "abcde"], SOON)


async def test_an_event_that_the_database_will_never_take_stands_in_nobody_s_way(
    storage: Storage, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, _, spool, told = place
    run = storage.run

    async def picky(work: Any) -> Any:
        def watched(t: Transaction) -> Any:
            keep = t.inbox.keep

            def checked(events: Sequence[NewEvent]) -> Any:
                if any(one.key == "bad" for one in events):
                    raise ValueError("not this one")
                return keep(events)

            t.inbox.keep = checked  # type: ignore[method-assign]
            return work(t)

        return await run(watched)

    await spool.keep([event("a"), event("bad"), event("c")])
    monkeypatch.setattr(storage, "run", picky)
    await drain_all(both)

    assert (kept(storage), spool.depth, await spool.set_aside()) == (["a", "c"], 0, 1)
    assert ("set_aside", 1) in told


async def test_a_fault_that_is_not_of_the_events_sets_none_of_them_aside(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, storage, spool, _ = place

    async def broken(work: object) -> Any:
        raise TypeError("a mistake of ours")

    await spool.keep([event("a"), event("b")])
    with monkeypatch.context() as trouble:
        trouble.setattr(storage, "run", broken)
        with pytest.raises(StorageUnavailable, match="takes no event: TypeError"):
            await both.drain()
    await drain_all(both)

    assert (kept(storage), spool.depth, await spool.set_aside()) == (["a", "b"], 0, 0)


async def test_under_load_without_a_pause_the_spool_is_left_as_soon_as_the_database_is_well(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, storage, spool, told = place
    with monkeypatch.context() as trouble:
        trouble.setattr(storage, "run", refuse)
        await both.keep([event("a")], SOON)
    await both.keep([event("b")], SOON)
    await both.drain()
    await spool.keep([event("c")])  # came while the last was moved

    assert await both.keep([event("d")], SOON) == [True]
    assert (kept(storage), spool.depth) == (["a", "b", "c", "d"], 0)
    assert told[-4:] == [("drained", 2), ("drained", 1), ("kept", 1), ("known", 0)]
