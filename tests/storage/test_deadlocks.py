"""Two processes that wait for one another: the database ends one of the two transactions, whose work is done again."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest

from storage.database import TRIES, Storage
from storage.errors import Deadlocked
from storage.transaction import Transaction
from tests.storage.rows import event
from tests.storage.sharing import run

BOTH_HAVE_ONE = 20.0  # seconds in which both have written their first row
SOON = "SET LOCAL deadlock_timeout = '50ms'"  # a server looks for circles after a second


def one_then_the_other(first: str, second: str, together: Barrier, tries: list[str]) -> Callable[[Transaction], None]:
    """Work that keeps two events one by one; at its first try, the second once others have kept their first."""

    def work(t: Transaction) -> None:
        tries.append(first)
        t.inbox._connection.exec_driver_sql(SOON)
        t.inbox.keep([event(first)])
        if tries.count(first) == 1:
            together.wait(BOTH_HAVE_ONE)
        t.inbox.keep([event(second)])

    return work


def test_of_two_that_wait_for_one_another_both_are_done(shared_url: str) -> None:
    """As when a provider brings the same two webhooks again, to two processes at once, in another order."""
    together, tries = Barrier(2), list[str]()
    with closing(Storage(shared_url)) as one, closing(Storage(shared_url)) as other, ThreadPoolExecutor(2) as threads:
        works = [one_then_the_other(*pair, together, tries) for pair in (("a", "b"), ("b", "a"))]
        for done in [threads.submit(asyncio.run, run(s, work)) for s, work in zip((one, other), works, strict=True)]:
            done.result()
        with one.reading() as t:
            assert sorted(kept.key for kept in t.inbox.waiting(9)) == ["a", "b"]
    assert sorted(tries) in (["a", "a", "b"], ["a", "b", "b"])


async def test_who_is_ended_again_and_again_is_told_that_nothing_happened(shared_url: str) -> None:
    tries: list[int] = []

    def work(t: Transaction) -> None:
        tries.append(t.inbox.keep_once(event("a")))
        t.inbox._connection.exec_driver_sql("DO $$ BEGIN RAISE deadlock_detected; END $$")

    with closing(Storage(shared_url)) as storage:
        with pytest.raises(Deadlocked):
            await storage.run(work)
        assert len(tries) == TRIES
        assert await storage.read(lambda t: t.inbox.waiting_count()) == 0
