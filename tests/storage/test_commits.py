"""Who knows that nothing was committed need not look again."""

import pytest

from storage.database import Storage
from storage.transaction import Transaction
from tests.storage.rows import event


class Open:
    """A fence that lets everybody write."""

    def __call__(self, t: Transaction) -> None:
        return

    def holds(self) -> bool:
        return True


def keep_and_fail(storage: Storage) -> None:
    with storage.transaction() as t:
        t.inbox.keep([event("a")])
        raise ZeroDivisionError


async def test_only_what_was_committed_counts_as_a_commit(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        keep_and_fail(storage)
    await storage.read(lambda t: t.inbox.waiting_count())
    assert storage.commits == 0

    await storage.run(lambda t: t.inbox.keep([event("a")]))
    assert storage.commits == 1


async def test_all_views_of_one_storage_count_together(storage: Storage) -> None:
    fenced = storage.fenced(Open())
    await fenced.run(lambda t: t.inbox.keep([event("a")]))
    with storage.alone() as t:
        t.inbox.keep([event("b")])

    assert (storage.commits, fenced.commits) == (2, 2)
