"""Who takes no more of an answer, because it was stopped or cut off in the middle of it, holds nothing for long."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from time import monotonic, sleep

import pytest

from gateway.demo.play import free_port
from storage.database import Storage
from storage.leases import Leases
from storage.shards import Shards
from tests.databases import postgres_server
from tests.storage.sharing import sharing, take, tell

STRANDED = 20.0  # seconds
LARGE = b"SELECT repeat('x', 50000000)"  # more than fits into what is between a server and a client


@pytest.fixture(scope="module")
def far_url() -> Iterator[str]:
    """Of a database that is reached over TCP."""
    with postgres_server() as server:
        server.control("restart", "-o", f"-h 127.0.0.1 -p {(port := free_port())}")
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        with closing(sharing(url)) as storage:
            storage.migrate()
        yield url


@contextmanager
def in_an_answer(storage: Storage) -> Iterator[None]:
    """In the middle of a batch of shard 5, under the lease "reader", and of an answer that nobody takes."""
    with storage._writing.connect() as connection:
        connection.begin()
        Shards(connection, None).confirm([5], "mine")
        Leases(connection).confirm("reader", "me")
        raw = connection.connection.dbapi_connection.pgconn  # type: ignore[union-attr]
        raw.send_query(LARGE)
        raw.flush()
        try:
            yield
        finally:
            connection.invalidate()


def test_what_it_held_is_soon_anothers(far_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.engines.IDLE_SECONDS", 0.2)
    with closing(sharing(far_url)) as storage, closing(sharing(far_url)) as other:
        take(storage, 5, "mine")
        with storage.transaction() as t:
            t.leases.take("reader", "me", 60.0)
        with in_an_answer(storage):
            tell(other, "UPDATE lease SET until = 0")
            until = monotonic() + STRANDED
            while not (take(other, 5, "another's") and take_lease(other)):
                assert monotonic() < until, "it is held for ever"
                sleep(0.05)


def take_lease(storage: Storage) -> bool:
    with storage.transaction() as t:
        return t.leases.take("reader", "another", 8.0)
