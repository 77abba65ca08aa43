"""Workers that share a database: each decides the shards it is woken for, and gives them up when it must."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from channels.base import InboundMessage
from gateway import shards
from gateway.decided import Decided
from gateway.incoming import new_event
from gateway.shards import BATCHES, Turn
from gateway.worker import Worker
from storage.errors import LeaseLost, StaleVersion
from storage.transaction import Transaction
from storage.values import Row, WaitingEvent
from tests.crash.shard_worker import SMS
from tests.gateway.shard_site import ADA, START, Site
from tests.storage.sharing import armed, ask, jobs, take, tell

ANSWERS = "SELECT m.text FROM outbox o JOIN message m ON m.id = o.message ORDER BY o.seq"


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


async def test_what_is_kept_is_decided_by_who_is_woken_for_it_without_any_sweep(site: Site) -> None:
    site.shards.sweeps = False
    async with site.at_work():
        for number in range(5):
            site.say(number)
            await site.until(lambda: site.waiting() == 0)
    assert site.decided == [1, 2, 3, 4, 5, 6]
    assert jobs(site.storage) == []


async def test_nobody_decides_a_shard_while_another_is_in_the_middle_of_a_batch(site: Site, other: Site) -> None:
    """Who is woken for it asks again and again, and finds nothing to do once the other has ended."""
    turn = Turn({site.shard})
    take(other.storage, site.shard, turn.id)
    with other.storage.transaction() as t:
        turn(t)
        waking = asyncio.create_task(site.shards.wake(site.shard))
        await asyncio.sleep(3 * shards.TRY_AGAIN)
        assert (site.decided, waking.done()) == ([], False)
    assert await waking
    assert site.decided == [1]


async def test_who_has_lost_the_turn_writes_nothing_and_stops_quietly(site: Site, other: Site) -> None:
    """It was lost between the reading of a batch and its transaction."""
    turn = Turn({site.shard})
    worker = replace(site.worker, storage=site.storage.fenced(turn), shards=(site.shard,))
    take(site.storage, site.shard, turn.id)
    take(other.storage, site.shard, "another's")
    with pytest.raises(LeaseLost):
        await worker.work_once()
    assert (site.decided, site.waiting(), turn.holds()) == ([], 1, False)


async def test_a_batch_that_is_redone_confirms_the_turn_anew(site: Site, other: Site) -> None:
    """Another has taken it between the two tries."""
    turn = Turn({site.shard})
    take(site.storage, site.shard, turn.id)
    fenced, tries = site.storage.fenced(turn), []

    def work(t: Transaction) -> None:
        tries.append(t)
        raise StaleVersion("a row changed")

    def confirm(t: Transaction) -> None:
        if tries:
            take(other.storage, site.shard, "another's")
        turn(t)

    fenced._fence = type("Fence", (), {"__call__": lambda self, t: confirm(t), "holds": lambda self: True})()
    with pytest.raises(LeaseLost):
        await fenced.run(work)
    assert len(tries) == 1


async def test_an_event_that_cannot_be_decided_is_parked_under_the_turn(site: Site) -> None:
    tell(site.storage, "UPDATE inbox SET payload = '{}'")
    assert await site.shards.wake(site.shard)
    assert [row[0] for row in ask(site.storage, "SELECT state FROM inbox")] == ["parked"]


async def test_a_turn_that_lasts_long_gives_way_to_other_shards(site: Site) -> None:
    site.shards.worker = replace(site.worker, batch=2)
    site.say(*range(2 * BATCHES + 5))
    tell(site.storage, "DELETE FROM pgqueuer")
    assert await site.shards.wake(site.shard)
    assert len(site.decided) == 2 * BATCHES
    assert jobs(site.storage) == [site.shard]


async def test_what_a_batch_leaves_in_its_own_shard_is_decided_in_the_same_turn(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else is woken for it."""
    decide = Worker.decide

    def leaving(worker: Worker, t: Transaction, events: Sequence[WaitingEvent]) -> list[Decided]:
        if not site.decided:
            t.inbox.keep([new_event(SMS, InboundMessage("SM1", ADA, "number 1"), START)])
        return decide(worker, t, events)

    monkeypatch.setattr(Worker, "decide", leaving)
    tell(site.storage, "DELETE FROM pgqueuer")
    assert await site.shards.wake(site.shard)
    assert (site.decided, jobs(site.storage)) == ([1, 2], [])


async def test_a_shard_is_looked_at_once_where_all_that_waited_was_one_batch(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes later wakes somebody anew: there is no need to look again."""
    looks: list[int] = []
    work_once = Worker.work_once

    async def looked(worker: Worker) -> int:
        looks.append(await work_once(worker))
        return looks[-1]

    monkeypatch.setattr(Worker, "work_once", looked)
    site.say(1, 2)
    assert await site.shards.wake(site.shard)
    assert looks == [3]


async def test_a_stop_gives_back_what_was_begun(site: Site) -> None:
    site.bell.close()
    assert not await site.shards.wake(site.shard)
    assert (site.decided, site.waiting()) == ([], 1)


async def test_a_stop_in_the_middle_of_a_turn_gives_back_what_is_left(site: Site) -> None:
    def stop(decided: Sequence[Decided]) -> None:
        site.note(decided)
        site.bell.close()

    site.shards.worker = replace(site.worker, batch=2, on_decided=stop)
    site.say(1, 2, 3)
    assert not await site.shards.wake(site.shard)
    assert (site.decided, site.waiting()) == ([1, 2], 2)


async def test_who_is_asked_to_stop_while_another_shard_has_its_hand_takes_no_turn_any_more(site: Site) -> None:
    async with site.shards._hand:
        waking = asyncio.create_task(site.shards.wake(site.shard))
        await asyncio.sleep(0)
        site.bell.close()
    assert not await waking
    assert ask(site.storage, "SELECT count(*) FROM shard_turn WHERE turn <> ''")[0][0] == 0
    assert armed(site.storage) == [site.shard]


async def test_two_sites_decide_each_event_once_and_in_order(site: Site, other: Site) -> None:
    site.shards.sweeps = other.shards.sweeps = False
    async with site.at_work(), other.at_work():
        for number in range(30):
            (site, other)[number % 2].say(number)
            await asyncio.sleep(0)
        await site.until(lambda: site.waiting() == 0)
    assert sorted(site.decided + other.decided) == list(range(1, 32))
    rows: list[Row] = [dict(row._mapping) for row in ask(site.storage, ANSWERS)]
    assert [row["text"] for row in rows] == [f"You wrote number {number}" for number in range(30)]


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
