"""The database: transactions, the thread that writes, the threads that read."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    TimeoutError,
)

from storage import schema
from storage.engines import READERS, database_url, reading_engine, writing_engine
from storage.errors import Conflict, StaleVersion, StorageUnavailable
from storage.process_lock import lock_process
from storage.transaction import Transaction

T = TypeVar("T")

TRIES = 4  # times that work is done which meets what another process writes at the same time
UNIQUE_VIOLATION = "23505"  # PostgreSQL's SQLSTATE
UNIQUE_FAILED = "UNIQUE constraint failed: "  # SQLite's words, followed by the columns


class Storage:
    """All that is remembered, in a SQLite file (``sqlite:///FILE``) or PostgreSQL 15+ (``postgresql://...``).

    Every method raises `StorageUnavailable` when the database can't be used. What was asked has then not happened,
    unless the database was lost while it committed: whoever asks again must bear that it had. A row that exists already
    is a `Conflict`.
    """

    def __init__(self, url: str) -> None:
        """Nothing is opened yet. Raises ValueError if the URL names neither database."""
        self._url = database_url(url)
        self._writing = writing_engine(self._url)
        self._reading = reading_engine(self._url)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="storage-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="storage-reader")
        self._lock: TextIO | None = None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One write transaction: committed at the end of the block (on disk then), rolled back if it raises."""
        with connected(self._writing) as transaction:
            yield transaction

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One unchanging view of what is committed; usable while others write, never waits for them."""
        with connected(self._reading) as transaction:
            yield transaction

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` in one write transaction on the writing thread, one after the other; return when committed.

        Work that another process gets in the way of (`Conflict`, `StaleVersion`) is done again, at most `TRIES` times.
        A caller that is cancelled stops waiting: work that has begun is finished, other work is dropped.
        """
        return await in_thread(self._writer, lambda: self._write(work))

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` in one reading transaction on a reading thread."""
        return await in_thread(self._readers, lambda: self._read(work))

    def _write(self, work: Callable[[Transaction], T]) -> T:
        for _ in range(TRIES - 1):
            try:
                return self._write_once(work)
            except (Conflict, StaleVersion):
                continue
        return self._write_once(work)

    def _write_once(self, work: Callable[[Transaction], T]) -> T:
        with self.transaction() as transaction:
            return work(transaction)

    def _read(self, work: Callable[[Transaction], T]) -> T:
        with self.reading() as transaction:
            return work(transaction)

    def migrate(self) -> None:
        """Bring the tables to what this program needs. Raises `SchemaMismatch` if they are newer than it."""
        with unavailable_told(), self._writing.begin() as connection:
            schema.upgrade(connection)

    def check_version(self) -> None:
        """Raise `SchemaMismatch` unless the tables are those this program needs."""
        with unavailable_told(), self._reading.begin() as connection:
            schema.check(connection)

    def claim_process(self) -> None:
        """Be the one gateway process on this SQLite file, until `close`. Raises `AlreadyRunning`.

        PostgreSQL serves many processes: nothing is claimed there.
        """
        if self._lock is None and self._url.get_backend_name() == "sqlite":
            self._lock = lock_process(f"{Path(str(self._url.database)).resolve()}.lock")

    def close(self) -> None:
        """Finish what is running, then release threads, connections and the process lock."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


@contextmanager
def connected(engine: Engine) -> Iterator[Transaction]:
    with unavailable_told(), conflicts_told(), engine.begin() as connection:
        yield Transaction(connection)


async def in_thread(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    try:
        result = asyncio.get_running_loop().run_in_executor(threads, work)
    except RuntimeError as error:  # what an executor says after its shutdown
        raise StorageUnavailable("the storage is closed") from error
    return await result


@contextmanager
def unavailable_told() -> Iterator[None]:
    """Raise `StorageUnavailable` for trouble with the database itself; mistakes in statements or values pass."""
    try:
        yield
    except (DBAPIError, TimeoutError) as error:
        if not is_trouble(error):
            raise
        raise StorageUnavailable(str(getattr(error, "orig", error)).strip()) from error


@contextmanager
def conflicts_told() -> Iterator[None]:
    """Raise `Conflict` for a row that exists. Of the database's own words, which quote the row, only names remain."""
    try:
        yield
    except IntegrityError as error:
        if not (constraint := broken_uniqueness(error)):
            raise
        raise Conflict(f"already there: {constraint}") from None


def broken_uniqueness(error: IntegrityError) -> str:
    """The name of the constraint (or its columns) that forbids two such rows; "" for any other mistake."""
    if getattr(error.orig, "sqlstate", "") == UNIQUE_VIOLATION:
        return str(getattr(getattr(error.orig, "diag", None), "constraint_name", None) or "a unique constraint")
    _, failed, columns = str(error.orig).partition(UNIQUE_FAILED)
    return columns if failed else ""


def is_trouble(error: DBAPIError | TimeoutError) -> bool:
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    # A bare DatabaseError is SQLite's word for a file that is damaged or no database.
    return (
        lost
        or isinstance(error, (OperationalError, InterfaceError, InternalError, TimeoutError))
        or type(error) is DatabaseError
    )
