"""Processes with roles share one PostgreSQL; with one that has none, or with a restore, none of them does."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from storage import server_lock
from storage.database import Storage
from storage.engines import address_of, database_url
from storage.errors import AlreadyRunning, ClaimLost, StorageUnavailable
from storage.processes import Process
from storage.transaction import Transaction
from tests.crash.live import wait_until
from tests.databases import PostgresServer
from tests.storage.test_one_process import lose_the_claim

SESSION = r"PostgreSQL's session \d+, begun at 20\d\d-.* UTC"
OF_ROLES = ("ingress", "worker, sender")


@pytest.fixture
def url(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


@pytest.fixture
def process(url: str) -> Iterator[Callable[[], Storage]]:
    """Makes processes, as far as the database can tell."""
    with ExitStack() as stack:

        def made() -> Storage:
            storage = Storage(url)
            stack.callback(storage.close)
            return storage

        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_lock, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(server_lock.ServerLock.claim, "__defaults__", (0.0,))


def waiting(t: Transaction) -> int:
    return t.inbox.waiting_count()


def test_any_number_of_processes_with_roles_share_a_database(process: Callable[[], Storage]) -> None:
    for roles in (*OF_ROLES, *OF_ROLES):
        process().claim_process(roles)

    assert process().is_claimed()


def test_a_process_without_roles_is_refused_beside_them_and_told_what_runs(process: Callable[[], Storage]) -> None:
    for roles in OF_ROLES:
        process().claim_process(roles)

    told = (
        rf"another gateway of 2 processes with roles already runs on this database \(ingress: {SESSION}; "
        rf"worker, sender: {SESSION}\): give this one a role, or stop those"
    )
    with pytest.raises(AlreadyRunning, match=told):
        process().claim_process()


def test_of_many_processes_some_are_named(process: Callable[[], Storage]) -> None:
    for _ in range(7):
        process().claim_process("worker")

    with pytest.raises(AlreadyRunning, match=r"of 7 processes .*; and 2 more\)"):
        process().claim_process()


def test_a_process_on_another_host_is_named_with_the_address_of_that() -> None:
    process = Process("worker", "1a2b3c4d", session=7, begun="2027-03-01 08:00:00", host="10.0.0.7")

    assert str(process) == "worker: PostgreSQL's session 7 from 10.0.0.7, begun at 2027-03-01 08:00:00 UTC"


def test_a_process_with_roles_is_refused_beside_one_without(process: Callable[[], Storage]) -> None:
    process().claim_process()

    told = rf"another gateway process already runs on this database \({SESSION}\), and it has no roles: stop it"
    with pytest.raises(AlreadyRunning, match=told):
        process().claim_process("worker")


async def test_a_claim_that_was_lost_is_shared_anew(url: str, process: Callable[[], Storage]) -> None:
    first, second = process(), process()
    first.claim_process("worker")
    second.claim_process("sender")
    assert lose_all(url) == 2

    assert (await first.run(waiting), await second.run(waiting)) == (0, 0)
    with pytest.raises(AlreadyRunning, match="2 processes"):
        process().claim_process()


async def test_where_a_process_without_roles_has_the_database_meanwhile_nothing_is_done(
    url: str, process: Callable[[], Storage]
) -> None:
    shared, alone = process(), process()
    shared.claim_process("worker")
    lose_all(url)
    alone.claim_process()

    with pytest.raises(ClaimLost, match=r"already runs .*; nothing is done here until it ends"):
        await shared.run(waiting)
    alone.close()
    wait_until(lambda: not shared.is_claimed())  # PostgreSQL takes a moment to see that a connection has gone
    assert await shared.run(waiting) == 0


def lose_all(url: str) -> int:
    return lose_the_claim(url, "pointsman gateway: %")


@pytest.mark.parametrize(
    ("url", "hosts", "name"),
    [
        ("postgresql://ann:p%40s@one,two:5433/it", ("one,two", ",5433"), "postgresql://ann@one,two:5433/it"),
        ("postgres://one:1,[::1]:2/it?sslmode=require", ("one,::1", "1,2"), "postgresql://one:1,::1:2/it"),
        ("postgresql://ann@one:5433/it", (None, None), "postgresql://ann@one:5433/it"),
    ],
)
def test_the_server_may_be_one_of_several_hosts(url: str, hosts: tuple[str | None, str | None], name: str) -> None:
    read = database_url(url)

    assert (read.query.get("host"), read.query.get("port")) == hosts
    assert address_of(read) == name


@pytest.mark.parametrize("hosts", ["one,", "one,two:x", ",two"])
def test_hosts_that_can_not_be_are_refused(hosts: str) -> None:
    with pytest.raises(ValueError, match="among the hosts of the database"):
        database_url(f"postgresql://{hosts}/it")


def test_the_host_that_takes_writes_is_found_among_several(postgres: PostgresServer, url: str) -> None:
    """Through sockets, which is where this server listens; the first folder has none."""
    several = url.replace(f"host={postgres.folder}", f"host=/nowhere,{postgres.folder}&port=,")
    with closing(Storage(f"{several}&target_session_attrs=read-write")) as storage:
        storage.claim_process("worker")
        with storage.transaction() as t:
            assert t.inbox.waiting_count() == 0


async def test_a_server_that_takes_no_writes_any_more_is_left_for_one_that_does(url: str) -> None:
    """A primary that became a standby answers all the same: its session here only reads from now on."""
    with closing(Storage(url)) as storage:
        await storage.run(lambda t: execute(t, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
        with pytest.raises(StorageUnavailable, match="read-only"):
            await storage.run(leave_mark)
        await storage.run(leave_mark)

        with pytest.raises(StorageUnavailable, match="read-only"):
            await storage.read(leave_mark)
        assert await storage.read(lambda t: t.progress.get("mark")) is not None


def leave_mark(t: Transaction) -> None:
    t.progress.put("mark")


def execute(t: Transaction, statement: str) -> None:
    t.progress._connection.exec_driver_sql(statement)
