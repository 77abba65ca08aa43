"""Shards in trouble: what fails is told and left to the sweep, and the sweep finds what nobody was told of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from structlog.testing import capture_logs
from structlog.types import EventDict

from gateway import parts, shards
from gateway.rulebooks import CannotFollow, Rulebooks
from gateway.worker import Worker
from storage.database import Storage
from storage.errors import StorageUnavailable
from tests.gateway.shard_site import Site
from tests.storage.sharing import ask, jobs, tell

PARTS = {"shards", "shard_sweep"}


@pytest.fixture
async def site(shared_url: str) -> AsyncIterator[Site]:
    site = Site(shared_url)
    with closing(site.storage):
        site.begin()
        yield site


async def test_a_fault_is_told_and_left_to_the_sweep(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(shards: object, shard: int, turn: str) -> bool:
        raise ZeroDivisionError

    tell(site.storage, "DELETE FROM pgqueuer")
    with monkeypatch.context() as faulty:
        faulty.setattr("storage.shards.Shards.take", fail)
        assert await site.shards.wake(site.shard)
    assert jobs(site.storage) == []
    await site.shards.sweep()
    assert jobs(site.storage) == [site.shard]


async def test_who_meets_rules_that_cannot_be_followed_leaves_the_shard_to_others_at_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Worker] = []

    async def refuse(worker: Worker) -> int:
        tries.append(worker)
        raise CannotFollow("no crm")

    monkeypatch.setattr(Worker, "work_once", refuse)
    assert await site.shards.wake(site.shard) is False
    assert (len(tries), site.waiting()) == (1, 1)


async def test_who_cannot_follow_the_rules_takes_no_turn(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rulebooks, "hindrance", lambda books: "no crm")
    assert await site.shards.wake(site.shard) is False
    assert ask(site.storage, "SELECT count(*) FROM shard_turn WHERE turn <> ''")[0][0] == 0


async def test_an_outage_is_told_at_each_try_left_to_the_sweep_and_told_once_when_it_is_over(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(shards: object, shard: int, turn: str) -> bool:
        raise StorageUnavailable("away")

    with capture_logs() as logs:
        with monkeypatch.context() as away:
            away.setattr("storage.shards.Shards.take", fail)
            assert [await site.shards.wake(site.shard) for _ in range(2)] == [True, True]
        assert [await site.shards.wake(site.shard) for _ in range(2)] == [True, True]
    lines = [(line["event"], line["part"]) for line in logs if "part" in line]
    assert lines == [*[("database_unavailable", "worker")] * 2, ("database_back", "worker")]


async def test_who_cannot_hear_of_shards_or_sweep_says_which_and_tries_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*asked: object) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(parts, "OUTAGE_PAUSE", 0.01)
    monkeypatch.setattr(shards, "SWEEP", 0.0)
    with capture_logs() as logs:
        with monkeypatch.context() as away:
            for work in ("serve_shards", "read"):
                away.setattr(Storage, work, fails)
            working = asyncio.create_task(site.shards.run())
            await site.until(lambda: told(logs, "database_unavailable") == PARTS)
        await site.until(lambda: site.waiting() == 0 and told(logs, "database_back") == PARTS)
        site.bell.close()
        await working


def told(logs: list[EventDict], event: str) -> set[str]:
    """The parts of which that was told."""
    return {one["part"] for one in logs if one["event"] == event}


async def test_a_bell_that_rings_all_the_time_makes_no_more_sweeps(site: Site) -> None:
    await site.shards.sweep()
    tell(site.storage, "DELETE FROM pgqueuer")
    rest = await site.shards.sweep()
    assert 0 < rest.seconds <= shards.SWEEP
    assert jobs(site.storage) == []


async def test_the_sweep_forgets_what_pgqueuer_noted_long_ago(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SWEEP", 0.0)
    tell(site.storage, "UPDATE pgqueuer_log SET created = now() - interval '1 day'")
    await site.shards.sweep()
    assert ask(site.storage, "SELECT count(*) > 0 FROM pgqueuer_log")[0][0]  # that is done now and then
    monkeypatch.setattr(shards, "FORGET", 0.0)
    await site.shards.sweep()
    assert ask(site.storage, "SELECT count(*) FROM pgqueuer_log")[0][0] == 0
