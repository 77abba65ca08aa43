"""Shards that wait at the same time are decided together, and each is given up by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from gateway import shards
from gateway.shards import Turn
from gateway.worker import Worker
from storage.transaction import Transaction
from tests.gateway.shard_site import Site
from tests.storage.sharing import take


@pytest.fixture
async def site(shared_url: str) -> AsyncIterator[Site]:
    site = Site(shared_url)
    with closing(site.storage):
        site.begin()
        yield site


@pytest.fixture
async def other(shared_url: str) -> AsyncIterator[Site]:
    other = Site(shared_url)
    with closing(other.storage):
        yield other


async def test_shards_that_are_woken_together_are_decided_in_one_batch(site: Site) -> None:
    batches: list[int] = []
    site.worker.on_batch = batches.append
    woken = [site.shard, *site.elsewhere(9)]
    assert await asyncio.gather(*map(site.shards.wake, woken)) == [True] * 10
    assert (len(batches), site.waiting()) == (1, 0)
    assert site.decided == sorted(site.decided)


async def test_more_shards_than_a_turn_may_have_are_decided_in_several(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "TOGETHER", 4)
    woken = [site.shard, *site.elsewhere(9)]
    assert await asyncio.gather(*map(site.shards.wake, woken)) == [True] * 10
    assert site.waiting() == 0


async def test_a_shard_in_which_another_is_at_work_holds_up_nobody_beside_it(site: Site, other: Site) -> None:
    taken, free = site.shard, site.elsewhere(1)[0]
    turn = Turn({taken})
    take(other.storage, taken, turn.id)
    with other.storage.transaction() as t:
        turn(t)
        waiting, done = (asyncio.create_task(site.shards.wake(shard)) for shard in (taken, free))
        assert await done
        assert (site.decided, waiting.done()) == (site.events_in(free), False)
    assert await waiting
    assert site.decided == site.events_in(free) + site.events_in(taken)


async def test_a_shard_that_another_takes_leaves_a_turn_and_the_others_stay(
    site: Site, other: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken after the batch was read: what is decided of the others is read anew."""
    confirm, taken, free = Turn.__call__, site.shard, site.elsewhere(1)[0]

    def late(turn: Turn, t: Transaction) -> None:
        if taken in turn.shards:
            take(other.storage, taken, "another's")
        confirm(turn, t)

    monkeypatch.setattr(Turn, "__call__", late)
    assert await asyncio.gather(site.shards.wake(taken), site.shards.wake(free)) == [True, True]
    assert (site.decided, site.waiting()) == (site.events_in(free), len(site.events_in(taken)))


async def test_who_is_cut_off_gives_back_all_that_waits_with_him(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = asyncio.Event()

    async def hang(worker: Worker) -> int:
        begun.set()
        return await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(Worker, "work_once", hang)
    first, second = (asyncio.create_task(site.shards.wake(shard)) for shard in (site.shard, site.elsewhere(1)[0]))
    await begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second is False
