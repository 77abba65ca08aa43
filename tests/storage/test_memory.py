"""A database in memory is a database: the tables, what is kept, what is rolled back, and nothing of another one's."""

import pytest

from storage.memory import MemoryStorage
from storage.transaction import Transaction


def keep(t: Transaction) -> None:
    t.campaigns.ensure("visit")


async def test_what_is_written_is_read() -> None:
    storage = MemoryStorage()
    storage.check_version()
    await storage.run(keep)

    assert [row["name"] for row in await storage.read(lambda t: t.campaigns.all())] == ["visit"]
    storage.close()


async def test_work_that_fails_leaves_nothing() -> None:
    def fail(t: Transaction) -> None:
        keep(t)
        raise LookupError

    storage = MemoryStorage()
    with pytest.raises(LookupError):
        await storage.run(fail)

    assert await storage.read(lambda t: t.campaigns.all()) == []
    storage.close()


async def test_one_that_follows_another_begins_empty() -> None:
    one = MemoryStorage()
    await one.run(keep)
    one.close()
    one.close()
    other, third = MemoryStorage(), MemoryStorage()

    assert await other.read(lambda t: t.campaigns.all()) == []
    await other.run(keep)
    assert (other.writes, third.writes) == (1, 0)
    assert await third.read(lambda t: t.campaigns.all()) == []
    other.close()
    third.close()


async def test_each_has_its_own_tables() -> None:
    one, other = MemoryStorage(), MemoryStorage()
    await one.run(keep)

    assert await other.read(lambda t: t.campaigns.all()) == []
    one.close()
    other.close()
