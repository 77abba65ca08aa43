"""Many callers, few commits, and each caller gets the truth about its own event."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.database import Storage
from storage.errors import QueueFull, StorageUnavailable
from storage.group_commit import GroupCommit
from storage.transaction import Transaction
from storage.values import About, NewEvent
from tests.storage.rows import NOON, event

WRITER = "tests.storage.keep_until_killed"
PROJECT = Path(__file__).parents[2]
ENOUGH = 300  # acknowledged events before the kill


@pytest.fixture
def commits(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many new events each transaction kept."""
    sizes: list[int] = []
    run = storage.run

    async def counted(work: Callable[[Transaction], Any]) -> Any:
        def tell(transaction: Transaction) -> Any:
            before = transaction.inbox.waiting_count()
            result = work(transaction)
            sizes.append(transaction.inbox.waiting_count() - before)
            return result

        return await run(tell)

    monkeypatch.setattr(storage, "run", counted)
    return sizes


def kept(storage: Storage) -> list[str]:
    with storage.reading() as transaction:
        return [row.key for row in transaction.inbox.waiting(10_000)]


async def test_what_comes_together_is_kept_by_few_commits_in_order(storage: Storage, commits: list[int]) -> None:
    commit = GroupCommit(storage, batch=40)
    answers = await asyncio.gather(*(commit.keep(event(f"k{n}")) for n in range(100)))

    assert answers == [True] * 100
    assert commits == [40, 40, 20]
    assert kept(storage) == [f"k{n}" for n in range(100)]


async def test_who_is_answered_and_goes_on_at_once_is_kept_with_those_who_waited(
    storage: Storage, commits: list[int]
) -> None:
    commit = GroupCommit(storage)

    async def go_on() -> None:
        await commit.keep(event("first"))
        await commit.keep(event("next"))

    going_on = asyncio.create_task(go_on())
    for _ in range(2):  # its first event is taken, and being kept
        await asyncio.sleep(0)
    await asyncio.gather(commit.keep(event("waited")), going_on)

    assert commits == [1, 2]
    assert kept(storage) == ["first", "waited", "next"]


async def test_of_ten_equal_events_one_is_new(storage: Storage) -> None:
    commit = GroupCommit(storage, batch=4)
    answers = await asyncio.gather(*(commit.keep(event("same")) for _ in range(10)))

    assert answers == [True] + [False] * 9
    assert await commit.keep(event("same")) is False
    assert kept(storage) == ["same"]


async def test_a_full_queue_takes_no_more_but_keeps_what_it_took(storage: Storage) -> None:
    commit = GroupCommit(storage, limit=3)
    answers = await asyncio.gather(*(commit.keep(event(f"k{n}")) for n in range(5)), return_exceptions=True)

    assert answers[:3] == [True] * 3
    assert [type(answer) for answer in answers[3:]] == [QueueFull] * 2
    assert "3 events" in str(answers[4])
    assert await commit.keep(event("k4")) is True


async def test_a_bad_event_fails_alone(storage: Storage) -> None:
    bad = NewEvent("bad", "message", About("lane", "x"), {"not JSON": {1, 2}}, NOON)
    commit = GroupCommit(storage)
    events = [event("a"), bad, event("b")]
    answers = await asyncio.gather(*(commit.keep(one) for one in events), return_exceptions=True)

    assert [answers[0], answers[2]] == [True, True]
    assert isinstance(answers[1], Exception)
    assert not isinstance(answers[1], StorageUnavailable)
    assert kept(storage) == ["a", "b"]


async def test_when_storage_is_out_everybody_is_told_after_one_try(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    async def out(work: object) -> object:
        tries.append(work)
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(storage, "run", out)
    commit = GroupCommit(storage)
    answers = await asyncio.gather(*(commit.keep(event(f"k{n}")) for n in range(50)), return_exceptions=True)

    assert {type(answer) for answer in answers} == {StorageUnavailable}
    assert len(tries) == 1


async def test_a_caller_that_goes_away_disturbs_nobody(storage: Storage) -> None:
    commit = GroupCommit(storage, batch=2)
    callers = [asyncio.create_task(commit.keep(event(f"k{n}"))) for n in range(6)]
    await asyncio.sleep(0)
    for caller in callers[::2]:
        caller.cancel()
    answers = await asyncio.gather(*callers, return_exceptions=True)

    assert answers[1::2] == [True] * 3
    assert {type(answer) for answer in answers[::2]} == {asyncio.CancelledError}
    assert kept(storage) == [f"k{n}" for n in range(6)]


async def test_closing_keeps_what_was_taken_and_takes_no_more(storage: Storage) -> None:
    commit = GroupCommit(storage, batch=2)
    callers = [asyncio.create_task(commit.keep(event(f"k{n}"))) for n in range(5)]
    await asyncio.sleep(0)
    await commit.close()

    assert len(kept(storage)) == 5
    assert await asyncio.gather(*callers) == [True] * 5
    with pytest.raises(StorageUnavailable, match="stopping"):
        await commit.keep(event("late"))
    await commit.close()


def test_whatever_was_acknowledged_survives_a_kill(database_url: str) -> None:
    """SIGKILL in the middle of the work: each event a caller was told of is there, once, and storage opens at once."""
    command = [sys.executable, "-m", WRITER, database_url]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)  # noqa: S603  our own program
    assert writer.stdout is not None
    told = [writer.stdout.readline().strip() for _ in range(ENOUGH)]
    os.kill(writer.pid, signal.SIGKILL)
    told += writer.stdout.read().split("\n")[:-1]
    writer.stdout.close()
    writer.wait()

    storage = Storage(database_url)
    found = kept(storage)
    storage.close()
    assert writer.returncode == -signal.SIGKILL
    assert set(told) <= set(found)
    assert len(found) == len(set(found))
