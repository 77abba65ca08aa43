"""PostgreSQL gives up what takes too long for somebody who waits."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from storage import engines
from storage.database import Storage
from storage.errors import TookTooLong
from storage.transaction import Transaction
from tests.databases import PostgresServer


@pytest.fixture
def hurried(postgres: PostgresServer, prepared: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """Storage on PostgreSQL that looks for an answer for a hundredth of a second at most."""
    monkeypatch.setattr(engines, "ANSWER_SECONDS", 0.01)
    with postgres.database(prepared) as url, closing(Storage(url)) as storage:
        yield storage


def look_long(t: Transaction) -> str:
    t.campaigns._connection.execute(text("SELECT pg_sleep(0.2)"))
    return "found"


async def test_what_takes_too_long_for_who_waits_is_given_up(hurried: Storage) -> None:
    with pytest.raises(TookTooLong):
        await hurried.read(look_long, patiently=False)


async def test_who_is_patient_is_told_in_the_end(hurried: Storage) -> None:
    assert await hurried.read(look_long) == "found"


async def test_an_administrator_may_allow_less(postgres: PostgresServer, prepared: str) -> None:
    with postgres.database(prepared) as url:
        name = url.partition("?")[0].rpartition("/")[2]
        postgres.execute(f"ALTER DATABASE {name} SET statement_timeout = '7s'")
        with closing(Storage(url)) as storage:
            told = await storage.read(
                lambda t: t.campaigns._connection.execute(text("SHOW statement_timeout")).scalar_one(), patiently=False
            )
    assert told == "7s"
