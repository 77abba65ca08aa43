"""Events in the spool that the database refuses for good: none is passed over, whatever cuts the moving short."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest

from gateway.clock import Bell, SystemClock
from gateway.draining import Drainer
from storage.errors import SpoolUnavailable, StorageUnavailable
from storage.inbox import Inbox
from storage.values import NewEvent
from tests.storage.rows import drain_all, event, kept

Refuses = Callable[[str], bool]


def refusing(patch: pytest.MonkeyPatch, refuses: Refuses) -> None:
    """From now on the database refuses the events with these keys."""
    keep = Inbox.keep

    def picky(inbox: Inbox, events: Sequence[NewEvent]) -> tuple[int | None, ...]:
        if any(refuses(one.key) for one in events):
            raise ValueError("not this one")
        return keep(inbox, events)

    patch.setattr(Inbox, "keep", picky)


@pytest.fixture(autouse=True)
def bad_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, lambda key: key.startswith("bad"))


async def test_an_outage_while_events_are_moved_one_by_one_passes_none_over(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, storage, spool, _ = place
    await spool.keep([event("a"), event("bad"), event("c"), event("d")])
    run, works = storage.run, iter(range(100))

    async def gone_at_the_last(work: Any) -> Any:
        if next(works) == 5:  # all together, a, bad, the trial, c, then d
            raise StorageUnavailable("gone")
        return await run(work)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "run", gone_at_the_last)
        with pytest.raises(StorageUnavailable):
            await both.drain()
    await drain_all(both)

    assert (kept(storage), spool.depth, await spool.set_aside()) == (["a", "c", "d"], 0, 1)


async def test_a_spool_that_can_not_set_aside_passes_none_over(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    both, storage, spool, _ = place
    await spool.keep([event("a"), event("bad"), event("c")])

    async def full(*_: Any) -> None:
        raise SpoolUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(spool, "put_aside", full)
        with pytest.raises(StorageUnavailable):
            await both.drain()
    await drain_all(both)

    assert (kept(storage), spool.depth, await spool.set_aside()) == (["a", "c"], 0, 1)


async def test_moving_that_a_webhook_waits_for_no_longer_passes_none_over(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, storage, spool, _ = place
    await spool.keep([event("a"), event("bad"), event("c")])

    async def for_ever(*_: Any) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(spool, "put_aside", for_ever)
        assert await both.keep([event("new")], 0.3) == [True]
    await drain_all(both)

    assert (kept(storage), spool.depth, await spool.set_aside()) == (["a", "c", "new"], 0, 1)


async def test_refused_events_alone_hold_nobody_up(place: Any) -> None:
    both, _, spool, _ = place
    await spool.keep([event("bad"), event("bad too")])
    drainer = Drainer(both, Bell(SystemClock()), lambda: None)
    running = asyncio.create_task(drainer.run())
    async with asyncio.timeout(10):
        await drainer.caught_up.wait()
    drainer.bell.close()
    await running

    assert (spool.depth, await spool.set_aside()) == (0, 2)


@pytest.mark.parametrize("waiting", [["a"], ["a", "b"]])
async def test_a_database_that_refuses_everything_sets_nothing_aside(
    place: Any, monkeypatch: pytest.MonkeyPatch, waiting: list[str]
) -> None:
    both, storage, spool, _ = place
    await spool.keep([event(key) for key in waiting])
    with monkeypatch.context() as patch:
        refusing(patch, lambda key: True)
        with pytest.raises(StorageUnavailable, match="takes no event: ValueError"):
            await both.drain()
    assert (spool.depth, await spool.set_aside()) == (len(waiting), 0)
    await drain_all(both)

    assert kept(storage) == waiting


async def test_what_only_tries_whether_events_are_taken_leaves_nothing(place: Any) -> None:
    both, storage, spool, _ = place
    await spool.keep([event("bad")])
    with suppress(StorageUnavailable):
        await both.drain()

    assert kept(storage) == []
    assert storage.books().accepted == 0
