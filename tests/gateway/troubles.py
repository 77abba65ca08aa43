"""What can happen to a database under a running gateway, and how it ends."""

import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import psycopg

from storage.database import Storage
from storage.transaction import Transaction
from tests.databases import PostgresServer
from tests.gateway.running import World

GARBAGE = b"this is no database, and it is long enough to be seen as none" * 100
OF_SQLITE = ("locked", "read-only", "damaged")
OF_POSTGRES = ("down", "connections lost", "read-only standby", "locked table", "unreachable")


@asynccontextmanager
async def sqlite_trouble(name: str, world: World) -> AsyncIterator[None]:
    """The SQLite file of a running gateway is in this trouble, for as long as the block runs."""
    storage, file = world.gateway.storage, world.gateway.settings.folder / "pointsman.db"
    if name == "read-only":
        await storage.run(make_read_only)
        yield
        let_go(storage)
    else:
        with locked(file) if name == "locked" else damaged(file, storage):
            yield


def make_read_only(t: Transaction) -> None:
    """For as long as the connection is open."""
    t.inbox._connection.exec_driver_sql("PRAGMA query_only=ON")


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program has the file for itself."""
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        other.close()


@contextmanager
def damaged(file: Path, storage: Storage) -> Iterator[None]:
    """What is in the file is no database any more, until somebody puts the sound one back."""
    let_go(storage)
    swap(file, "", ".sound")
    file.write_bytes(GARBAGE)
    yield
    let_go(storage)
    swap(file, "", ".garbage")
    swap(file, ".sound", "")


def let_go(storage: Storage) -> None:
    """Close the connections that are not in use."""
    storage._writing.dispose()
    storage._reading.dispose()


def swap(file: Path, old: str, new: str) -> None:
    for part in ("", "-wal", "-shm"):
        path = file.with_name(f"{file.name}{old}{part}")
        if path.exists():
            path.rename(file.with_name(f"{file.name}{new}{part}"))


@contextmanager
def down(server: PostgresServer, url: str) -> Iterator[None]:
    """The server is cut off in the middle of whatever it does, and started again later."""
    server.control("stop", "-m", "immediate")
    try:
        yield
    finally:
        server.control("start")


@contextmanager
def connections_lost(server: PostgresServer, url: str) -> Iterator[None]:
    """Every connection is cut, in the middle of a transaction or not; new ones can be made."""
    cut(server)
    yield
    cut(server)


def cut(server: PostgresServer) -> None:
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> current_database()")


@contextmanager
def read_only_standby(server: PostgresServer, url: str) -> Iterator[None]:
    """The server answers, but takes no writes, as a standby does."""
    database = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    server.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    cut(server)
    try:
        yield
    finally:
        server.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
        cut(server)


@contextmanager
def locked_table(server: PostgresServer, url: str) -> Iterator[None]:
    """Somebody's migration holds up every write: a commit takes long, and comes in the end."""
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE inbox IN SHARE MODE")
        yield


@contextmanager
def unreachable(server: PostgresServer, url: str) -> Iterator[None]:
    """Connections are cut, and who wants a new one waits for an answer that does not come."""
    number = int((server.folder / "data" / "postmaster.pid").read_text().split("\n")[0])
    cut(server)
    os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(number, signal.SIGCONT)


POSTGRES_TROUBLES: dict[str, Callable[[PostgresServer, str], AbstractContextManager[None]]] = {
    "down": down,
    "connections lost": connections_lost,
    "read-only standby": read_only_standby,
    "locked table": locked_table,
    "unreachable": unreachable,
}
