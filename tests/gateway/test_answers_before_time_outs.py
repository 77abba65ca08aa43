"""An answer that came in time goes before its time-out, also where it has to go round by the spool."""

import asyncio
from pathlib import Path
from threading import Event

import pytest

from gateway.clock import Bell, ManualClock
from gateway.timers import Timers
from storage import group_commit
from storage.database import Storage
from storage.group_commit import GroupCommit
from storage.inbox_or_spool import InboxOrSpool
from storage.spool import Spool
from storage.transaction import Transaction
from tests.storage.rows import NOON, drain_all, event, timer


async def test_a_time_out_that_waited_behind_a_slow_write_lets_an_answer_go_first_that_waits_in_the_spool(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "KEEP_SECONDS", 0.1)
    spool, clock, free = Spool(tmp_path / "spool.db"), ManualClock(NOON), Event()
    spool.open()
    both = InboxOrSpool(storage, spool)
    timers = Timers(storage, clock, Bell(clock), lambda: None, events_wait_outside=lambda: spool.depth > 0)
    await storage.run(lambda t: t.timers.set([timer("talk")]))

    slow = asyncio.create_task(storage.run(lambda t: free.wait()))
    answer = asyncio.create_task(GroupCommit(both).keep(event("answer")))
    await asyncio.sleep(0)
    fired = asyncio.create_task(timers._turn())
    assert await answer
    free.set()
    await asyncio.gather(slow, fired)
    await drain_all(both)
    await timers._turn()
    spool.close()

    assert await storage.read(kinds) == ["message", "timer"]


def kinds(t: Transaction) -> list[str]:
    return [one.kind for one in t.inbox.waiting(10)]
