"""A database in memory, for as long as its object lives: what simulations run on."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, make_url

from storage import schema
from storage.connected import Commits
from storage.database import Storage
from storage.transaction import Transaction

T = TypeVar("T")

URL = "sqlite+pysqlite://"


class MemoryStorage(Storage):
    """A `Storage` with all its tables, empty, that no file and no other process knows of.

    Work is done at once, in the calling thread, one piece after the other: nothing goes on beside it. ``writes`` counts
    the write transactions so far: where it is as it was, so is all that is kept.
    """

    def __init__(self) -> None:
        self._url = make_url(URL)
        self._database = _rested.pop() if _rested else Database()
        self._writing = self._reading = self._answering = self._database.engine
        self._writer, self._readers = ThreadPoolExecutor(1), ThreadPoolExecutor(1)  # of which no thread ever starts
        self._lock = None
        self._waking, self._fence, self._commits = None, None, Commits()
        self.writes = 0

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` in one write transaction."""
        self.writes += 1
        return self._write(work)

    async def read(self, work: Callable[[Transaction], T], *, patiently: bool = True) -> T:
        """Do ``work`` in one reading transaction."""
        return self._read(work, self._reading)

    def close(self) -> None:
        """Forget all that is kept. The database, empty again, is taken by the next of these: its engine has compiled
        most statements already, which would take an eighth of the time of a simulation."""
        self._writer.shutdown()
        self._readers.shutdown()
        if self._database not in _rested:
            self._database.begin_anew()
            _rested.append(self._database)


class Database:
    """A database of its own, with all tables, and an engine on it. Its connection ends with it: SQLite can crash on
    statements that a connection has prepared before it takes another database's content."""

    def __init__(self) -> None:
        self.connection = filled_connection()
        self.engine = create_engine(URL, hide_parameters=True, poolclass=StaticPool, creator=lambda: self.connection)
        event.listen(self.engine, "begin", begin)

    def begin_anew(self) -> None:
        """Be empty again; the engine keeps what it has compiled."""
        self.engine.dispose()
        self.connection = filled_connection()


_rested: list[Database] = []


@cache
def tables() -> bytes:
    """An empty database as migrations leave it."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    engine = engine_on(connection)
    with engine.begin() as made:
        schema.upgrade(made)
    content = connection.serialize()
    engine.dispose()
    return content


def filled_connection() -> sqlite3.Connection:
    """To a new database with all tables."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.deserialize(tables())
    return connection


def engine_on(connection: sqlite3.Connection) -> Engine:
    engine = create_engine(URL, hide_parameters=True, poolclass=StaticPool, creator=lambda: connection)
    event.listen(engine, "begin", begin)
    return engine


def begin(connection: Connection) -> None:
    """The driver begins no transaction by itself."""
    connection.exec_driver_sql("BEGIN")
