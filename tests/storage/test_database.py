"""Transactions, threads, files, and what is told when the database can't be used."""

import asyncio
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from traceback import format_exception

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.exc import IntegrityError

from storage.database import TRIES, Storage
from storage.errors import AlreadyRunning, Conflict, StorageUnavailable
from storage.transaction import Transaction
from tests.databases import PostgresServer
from tests.storage.rows import customer, event


def work_and_fail(transaction: Transaction) -> None:
    transaction.inbox.keep([event("a")])
    raise ZeroDivisionError


def keys(storage: Storage) -> list[str]:
    with storage.reading() as transaction:
        return [row.key for row in transaction.inbox.waiting(10)]


def test_a_transaction_that_raises_has_not_happened(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError), storage.transaction() as transaction:
        work_and_fail(transaction)

    assert keys(storage) == []


def test_a_reader_sees_one_moment_while_others_write(storage: Storage) -> None:
    with storage.reading() as before:
        assert before.inbox.waiting_count() == 0
        with storage.transaction() as transaction:
            transaction.inbox.keep([event("a")])
        assert before.inbox.waiting_count() == 0

    assert keys(storage) == ["a"]


def test_a_reader_can_not_write(storage: Storage) -> None:
    with pytest.raises(StorageUnavailable, match=r"read-?only"), storage.reading() as transaction:
        transaction.inbox.keep([event("a")])


async def test_work_is_done_one_after_the_other_on_one_thread(storage: Storage) -> None:
    def work(transaction: Transaction) -> tuple[str, int]:
        transaction.inbox.keep([event(str(transaction.inbox.waiting_count()))])
        return threading.current_thread().name, transaction.inbox.waiting_count()

    done = await asyncio.gather(*(storage.run(work) for _ in range(20)))

    assert {name for name, _ in done} == {"storage-writer_0"}
    assert [count for _, count in done] == list(range(1, 21))
    assert await storage.read(lambda transaction: transaction.inbox.waiting_count()) == 20


async def test_a_mistake_in_a_row_is_not_called_trouble_with_the_database(storage: Storage) -> None:
    with pytest.raises(IntegrityError):
        await storage.run(lambda transaction: transaction.people.add_customers([customer("c1", lane=None)]))


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("ALTER DATABASE {name} SET role = pg_monitor", "ALTER DATABASE {name} RESET role"),
        ("ALTER TABLE inbox RENAME TO away", "ALTER TABLE away RENAME TO inbox"),
        ("ALTER TABLE inbox RENAME lane TO away", "ALTER TABLE inbox RENAME away TO lane"),
    ],
    ids=["rights", "table", "column"],
)
async def test_a_database_that_lacks_what_every_write_needs_is_in_trouble_and_no_event_is_to_blame(
    postgres: PostgresServer, prepared: str, broken: str, mended: str
) -> None:
    with postgres.database(prepared) as url, closing(Storage(url)) as storage:
        name = conninfo_to_dict(url)["dbname"]
        with psycopg.connect(url, autocommit=True) as operator:
            operator.execute(broken.format(name=name).encode())
            with pytest.raises(StorageUnavailable, match=r"permission denied|does not exist"):
                await storage.keep([event("a")], within=5)
            operator.execute(mended.format(name=name).encode())
        storage._writing.dispose()
        assert await storage.keep([event("a")], within=5) == [True]


async def test_what_is_committed_is_on_disk_whatever_the_server_is_told_to_do_without(
    postgres: PostgresServer, prepared: str
) -> None:
    def told(transaction: Transaction) -> object:
        return transaction.inbox._connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()

    with postgres.database(prepared) as url, closing(Storage(url)) as storage:
        name = conninfo_to_dict(url)["dbname"]
        postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        assert await storage.run(told) == "on"
        storage._writing.dispose()
        postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = remote_apply")
        assert await storage.run(told) == "remote_apply"


async def test_a_row_that_another_process_adds_meanwhile_is_found_when_the_work_is_done_again(
    storage: Storage, database_url: str
) -> None:
    seen: list[bool] = []

    def add_unless_known(transaction: Transaction) -> bool:
        seen.append(bool(transaction.people.customers(["c1"])))
        if seen == [False]:
            raise Conflict("already there: customer_pkey")  # as PostgreSQL says once the other process has committed
        return seen[-1]

    assert not await storage.run(add_unless_known)
    assert seen == [False, False]


async def test_work_that_meets_a_conflict_again_and_again_is_given_up(storage: Storage) -> None:
    tries: list[int] = []

    def add(transaction: Transaction) -> None:
        tries.append(len(tries))
        transaction.people.add_customers([customer("c1"), customer("c1")])

    with pytest.raises(Conflict, match=r"^already there: customer(_pkey|\.id)$"):
        await storage.run(add)
    assert len(tries) == TRIES


def test_no_error_shows_what_a_row_holds(storage: Storage) -> None:
    row = {"kind": "phone", "value": "SECRET", "customer": "c1"}
    with pytest.raises(Conflict) as caught, storage.transaction() as transaction:
        transaction.people.add_identifiers([row] * 2)

    assert "SECRET" not in "".join(format_exception(caught.value))


async def test_closed_storage_is_unavailable(storage: Storage) -> None:
    storage.close()
    with pytest.raises(StorageUnavailable, match="closed"):
        await storage.run(lambda transaction: None)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "postgresql+asyncpg://h/n"])
def test_only_a_file_or_postgres_is_taken(url: str) -> None:
    if url.startswith("postgresql"):
        Storage(url).close()
        return
    with pytest.raises(ValueError, match="sqlite:///FILE"):
        Storage(url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pointsman.db"


@pytest.fixture
def filed(file: Path) -> Iterator[Storage]:
    storage = Storage(f"sqlite:///{file}")
    storage.migrate()
    yield storage
    storage.close()


def test_only_its_owner_may_read_the_file(file: Path, filed: Storage) -> None:
    with filed.transaction() as transaction:
        transaction.inbox.keep([event("a")])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}

    assert modes == {"pointsman.db": 0o600, "pointsman.db-shm": 0o600, "pointsman.db-wal": 0o600}


def test_what_is_committed_is_on_disk_at_once(filed: Storage) -> None:
    """Full synchronisation: an answer of 200 survives a power cut, says https://sqlite.org/pragma.html."""
    with filed._writing.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.engines.BUSY_SECONDS", 0)


@pytest.mark.usefixtures("impatient")
def test_a_file_that_another_writes_to_for_too_long_is_unavailable(file: Path, filed: Storage) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageUnavailable, match="locked"), filed.transaction():
        pass
    assert keys(filed) == []
    other.close()


def test_a_full_disk_is_unavailable_and_keeps_nothing(filed: Storage) -> None:
    with filed._writing.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StorageUnavailable, match="full"), filed.transaction() as transaction:
        transaction.inbox.keep([event(str(n), text="x" * 1_000) for n in range(100)])
    assert keys(filed) == []


@pytest.mark.parametrize("content", [b"this is no database at all " * 100, None])
def test_a_file_that_is_no_database_is_unavailable(file: Path, content: bytes | None) -> None:
    file.write_bytes(content) if content else file.mkdir()
    storage = Storage(f"sqlite:///{file}")

    with pytest.raises(StorageUnavailable, match=r"not a database|unable to open"), storage.transaction():
        pass
    storage.close()


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    storage = Storage(f"sqlite:///{tmp_path}/none/pointsman.db")
    with pytest.raises(StorageUnavailable, match="unable to open database file: No such file"):
        storage.migrate()


def test_one_gateway_process_has_the_file_until_it_closes(file: Path, filed: Storage) -> None:
    second = Storage(f"sqlite:///{file.parent}/./{file.name}")
    filed.claim_process()
    filed.claim_process()

    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} already runs"):
        second.claim_process()
    assert keys(second) == []
    filed.close()
    second.claim_process()
    second.close()


def test_a_process_that_can_not_lock_the_file_is_told(tmp_path: Path) -> None:
    storage = Storage(f"sqlite:///{tmp_path}/none/pointsman.db")
    with pytest.raises(StorageUnavailable, match=r"can't lock .*: No such file"):
        storage.claim_process()


def test_lost_connections_are_told_and_then_made_anew(postgres: PostgresServer, prepared: str) -> None:
    with postgres.database(prepared) as url:
        storage = Storage(url)
        with pytest.raises(StorageUnavailable), storage.transaction() as transaction:
            lose_connections(postgres, transaction)
        with storage.transaction() as transaction:
            assert transaction.inbox.waiting_count() == 0
        storage.close()


def lose_connections(postgres: PostgresServer, transaction: Transaction) -> None:
    postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test%'")
    transaction.inbox.waiting_count()


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    storage = Storage(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(StorageUnavailable, match="No such file"), storage.transaction():
        pass
    storage.close()


@pytest.mark.parametrize("name", ["why?", "?mode=ro", "c#", "100%", "%3F", "a b"])
def test_a_file_is_found_whatever_its_folder_is_called(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    storage = Storage(f"sqlite:///{tmp_path / name}/pointsman.db")
    storage.migrate()
    storage.claim_process()
    storage.close()

    assert (tmp_path / name / "pointsman.db").is_file()
    assert (tmp_path / name / "pointsman.db.lock").is_file()
