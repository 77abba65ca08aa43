"""One gateway process per PostgreSQL database; SQLite's lock file is in `test_database`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import LiteralString

import psycopg
import pytest

from storage import server_lock
from storage.database import Storage
from storage.errors import AlreadyRunning, ClaimLost, StorageUnavailable
from storage.processes import GATEWAY
from storage.transaction import Transaction
from tests.crash.live import wait_until
from tests.databases import PostgresServer

HOLDS = """
import sys, time
from storage.database import Storage
Storage(sys.argv[1]).claim_process()
print("claimed", flush=True)
time.sleep(600)
"""
HOLDERS: LiteralString = (
    "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND objid::bigint = %s AND application_name LIKE %s"
    " AND datname = current_database()"
)


@pytest.fixture
def url(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


@pytest.fixture
def processes(url: str) -> Iterator[tuple[Storage, Storage]]:
    """Two processes on one database, as far as the database can tell."""
    with ExitStack() as stack:
        first, second = Storage(url), Storage(url)
        stack.callback(first.close)
        stack.callback(second.close)
        yield first, second


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_lock, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(server_lock.ServerLock.claim, "__defaults__", (0.0,))


def waiting(t: Transaction) -> int:
    return t.inbox.waiting_count()


def lose_the_claim(url: str, holder: str = "pointsman gateway") -> int:
    """The session that holds the claim ends, as when a network is cut or an administrator ends it; how many did."""
    with psycopg.connect(url, autocommit=True) as connection:
        held = connection.execute(HOLDERS, (GATEWAY & 0xFFFFFFFF, holder)).fetchall()
        for (pid,) in held:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    return len(held)


async def test_a_second_gateway_on_a_postgres_is_refused_and_told_who_has_it(
    processes: tuple[Storage, Storage],
) -> None:
    first, second = processes
    first.claim_process()
    first.claim_process()

    with pytest.raises(AlreadyRunning, match=r"another gateway .* \(PostgreSQL's session \d+, begun at 20\d\d-"):
        second.claim_process()
    assert await second.run(waiting) == 0  # commands work beside a gateway
    first.close()
    wait_until(lambda: not second.is_claimed())  # PostgreSQL takes a moment to see that a connection has gone
    second.claim_process()


async def test_a_gateway_that_lost_its_claim_claims_anew_before_it_works_on(
    url: str, processes: tuple[Storage, Storage]
) -> None:
    first, second = processes
    first.claim_process()
    assert lose_the_claim(url) == 1

    assert await first.run(waiting) == 0
    with pytest.raises(AlreadyRunning):
        second.claim_process()


async def test_a_gateway_whose_claim_was_taken_over_does_nothing_until_the_other_ends(
    url: str, processes: tuple[Storage, Storage]
) -> None:
    first, second = processes
    first.claim_process()
    lose_the_claim(url)
    second.claim_process()

    with pytest.raises(ClaimLost, match=r"already runs .*; nothing is done here until it ends"):
        await first.run(waiting)
    assert await second.run(waiting) == 0
    second.close()
    wait_until(lambda: not first.is_claimed())
    assert await first.run(waiting) == 0


async def test_for_a_while_a_claim_is_taken_for_granted(
    url: str, processes: tuple[Storage, Storage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_lock, "CHECK_SECONDS", 3600.0)
    first, _ = processes
    first.claim_process()
    lose_the_claim(url)

    assert await first.run(waiting) == 0
    assert lose_the_claim(url) == 0


def test_the_claim_of_a_process_that_was_killed_is_given_up_by_the_server(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_lock.ServerLock.claim, "__defaults__", (5.0,))
    storage = Storage(url)
    with killed(url):
        pass
    storage.claim_process()
    storage.close()


@contextmanager
def killed(url: str) -> Iterator[None]:
    """Another process claims the database, and is killed at the end of the block."""
    command = [sys.executable, "-c", HOLDS, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own program
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield
        process.kill()


async def test_where_the_server_is_away_the_claim_is_not_confirmed_and_nothing_is_done(
    postgres: PostgresServer, prepared: str
) -> None:
    with postgres.database(prepared) as url:
        storage = Storage(url)
        storage.claim_process()
        postgres.control("stop", "-m", "immediate")
        try:
            with pytest.raises(StorageUnavailable):
                await storage.run(waiting)
        finally:
            postgres.control("start")
        assert await storage.run(waiting) == 0
        with pytest.raises(AlreadyRunning):
            Storage(url).claim_process()
        storage.close()


def test_others_can_tell_whether_a_gateway_is_at_work_on_either_database(empty_url: str) -> None:
    with ExitStack() as stack:
        gateway, command = Storage(empty_url), Storage(empty_url)
        stack.callback(command.close)
        told = [command.is_claimed()]
        gateway.claim_process()
        told += [command.is_claimed(), command.is_claimed()]
        gateway.close()
        assert told == [False, True, True]
        wait_until(lambda: not command.is_claimed())  # PostgreSQL takes a moment to see that a connection has gone
