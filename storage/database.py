"""The database: transactions, the thread that writes, the threads that read."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TextIO, TypeVar

from sqlalchemy import Engine

from storage import schema
from storage.backup import write_backup
from storage.backup_file import Manifest, reading_backup
from storage.books import Books, read_books
from storage.connected import Commits, connected
from storage.engines import (
    ALONE,
    READERS,
    address_of,
    answering_engine,
    database_url,
    give_up_soon,
    lock_engine,
    reading_engine,
    writing_engine,
)
from storage.errors import (
    AlreadyRunning,
    ClaimLost,
    Conflict,
    Deadlocked,
    StaleVersion,
    StorageError,
    StorageUnavailable,
)
from storage.process_lock import is_locked, lock_process
from storage.processes import Process, processes
from storage.restoring import LOOK_UP, Restored, restore_backup
from storage.server_lock import ServerLock
from storage.threads import in_thread
from storage.transaction import Transaction
from storage.troubles import unavailable_told
from storage.values import NewEvent

if TYPE_CHECKING:
    from storage.waking import Waking

T = TypeVar("T")

TRIES = 4  # times that work is done which meets what another process writes at the same time


class Fence(Protocol):
    """What lets a process write only while it may."""

    def __call__(self, t: Transaction) -> None:
        """Raises `ClaimLost` unless it may now, and until the end of this transaction."""

    def holds(self) -> bool:
        """Whether it may, as far as this process knows without asking anybody."""


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
        self._answering = answering_engine(self._url, self._reading)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="storage-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="storage-reader")
        self._lock: TextIO | ServerLock | None = None
        self._waking: Waking | None = None
        self._fence: Fence | None = None
        self._commits = Commits()

    @property
    def commits(self) -> int:
        """How many write transactions of this process have been committed: while it stays the same, and nobody else
        writes, all that can be read does."""
        return self._commits.number

    def fenced(self, fence: Fence) -> Self:
        """The same storage, which writes through `run` only where ``fence`` lets it. The process is claimed before, and
        the storage that was fenced is the one to close."""
        view = copy(self)
        view._fence = fence
        return view

    def holds(self) -> bool:
        """Whether what is done now may be written, as far as this process knows without asking anybody."""
        return self._fence is None or self._fence.holds()

    def share(self) -> None:
        """Be one of many processes on this database: whoever leaves events wakes a worker process for them, and who is
        stopped in the middle of a transaction soon loses it. To be called before all else; `migrate` then makes ready
        what that needs. Raises ValueError where the database is not PostgreSQL."""
        from storage.waking import Waking  # a lone process does without PGQueuer

        if self._on_sqlite():
            raise ValueError("many processes share a PostgreSQL database, not a SQLite file")
        give_up_soon(self._writing)
        self._waking = Waking(self._url)

    async def serve_shards(
        self, wake: Callable[[int], Awaitable[bool]], ended: asyncio.Event, on_ready: Callable[[], None]
    ) -> None:
        """Call ``wake`` for each shard that this process is to decide (see `storage.waking.Waking.serve`)."""
        await self._shared().serve(wake, ended, on_ready)

    def _shared(self) -> "Waking":
        if self._waking is None:
            raise StorageError("this process does not share its database")
        return self._waking

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One write transaction: committed at the end of the block (on disk then), rolled back if it raises."""
        with connected(self._writing, self._waking) as transaction:
            yield transaction
        self._commits.number += 1

    @contextmanager
    def alone(self) -> Iterator[Transaction]:
        """As `transaction`, and from its beginning to its end nobody else is in one, in whatever process: what another
        has read before it writes is as it was, or is read after this."""
        with connected(self._writing.execution_options(**ALONE), self._waking) as transaction:
            yield transaction
        self._commits.number += 1

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One unchanging view of what is committed; usable while others write, never waits for them."""
        with connected(self._reading, self._waking) as transaction:
            yield transaction

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` in one write transaction on the writing thread, one after the other; return when committed.

        Work that another process gets in the way of (`Conflict`, `StaleVersion`, `Deadlocked`) is done again, at most
        `TRIES` times.
        A caller that is cancelled stops waiting: work that has begun is finished, other work is dropped.
        """
        return await in_thread(self._writer, lambda: self._write(work))

    async def read(self, work: Callable[[Transaction], T], *, patiently: bool = True) -> T:
        """Do ``work`` in one reading transaction on a reading thread.

        Raises `TookTooLong` where PostgreSQL needs more than `engines.ANSWER_SECONDS` for one of its statements, and
        is not asked ``patiently``.
        """
        engine = self._reading if patiently else self._answering
        return await in_thread(self._readers, lambda: self._read(work, engine))

    async def keep(self, events: Sequence[NewEvent], within: float) -> list[bool]:
        """Keep the events in the inbox, in the order given; True for each that is new.

        Raises `StorageUnavailable` also when that takes longer than ``within`` seconds: nobody knows then whether they
        were kept, or will be.
        """
        try:
            async with asyncio.timeout(within):
                numbers = await self.run(lambda transaction: transaction.inbox.keep(events))
        except TimeoutError:
            raise StorageUnavailable(f"the database did not keep events within {within:.1f} seconds") from None
        return [number is not None for number in numbers]

    def _write(self, work: Callable[[Transaction], T]) -> T:
        for _ in range(TRIES - 1):
            try:
                return self._write_once(work)
            except (Conflict, StaleVersion, Deadlocked):
                continue
        return self._write_once(work)

    def _write_once(self, work: Callable[[Transaction], T]) -> T:
        self._confirm()
        with self.transaction() as transaction:
            if self._fence:
                self._fence(transaction)
            return work(transaction)

    def _confirm(self) -> None:
        """Who claimed the database has it still."""
        if not isinstance(self._lock, ServerLock):
            return
        try:
            with unavailable_told():
                self._lock.confirm()
        except AlreadyRunning as error:
            raise ClaimLost(f"{error}; nothing is done here until it ends") from error

    def _read(self, work: Callable[[Transaction], T], engine: Engine) -> T:
        with connected(engine, self._waking) as transaction:
            return work(transaction)

    @property
    def name(self) -> str:
        """How people name it: SQLite's file, or PostgreSQL's address without a password."""
        return str(self._url.database) if self._on_sqlite() else address_of(self._url)

    def is_made(self) -> bool:
        """Whether there is a database with tables of ours, of whatever version; none is made by asking."""
        if self._on_sqlite() and not Path(self.name).exists():
            return False
        with unavailable_told(), self._reading.begin() as connection:
            return schema.revision_of(connection) is not None

    def migrate(self) -> None:
        """Bring the tables to what this program needs. Raises `SchemaMismatch` if they are newer than it."""
        with unavailable_told(), self._writing.begin() as connection:
            schema.upgrade(connection)
        if self._waking:
            self._waking.install()
            with self.transaction() as t:
                t.shards.ensure()

    def check_version(self) -> None:
        """Raise `SchemaMismatch` unless the tables are those this program needs."""
        with unavailable_told(), self._reading.begin() as connection:
            schema.check(connection)
        if self._waking:
            self._waking.check()
            with self.reading() as t:
                t.shards.check()

    def claim_process(self, roles: str = "", settings: str = "") -> None:
        """Be the one gateway process on this database, until `close`; with ``roles`` (in words, for people), one of
        several on PostgreSQL, who see this fingerprint of its ``settings``. Raises `AlreadyRunning`.

        A SQLite file stays ours whatever happens. PostgreSQL gives us up when the session that claimed it ends: `run`
        looks after it, claims it anew, and raises `ClaimLost` for as long as another process has it.
        """
        self._claim_file()
        if self._lock is None:  # there is no file
            lock = ServerLock(lock_engine(self._url), roles, settings)
            with unavailable_told():
                lock.claim()
            self._lock = lock

    def is_claimed(self) -> bool:
        """Whether a gateway process is at work on this database now. Raises `StorageUnavailable`."""
        if not self._on_sqlite():
            return bool(self.processes())
        return self._lock is not None or is_locked(Path(self.name))

    def processes(self) -> list[Process]:
        """The gateway processes at work on a PostgreSQL database now. Raises `StorageUnavailable`."""
        with unavailable_told(), self._reading.connect() as connection:
            return processes(connection)

    def _claim_file(self) -> None:
        if self._lock is None and self._on_sqlite():
            self._lock = lock_process(Path(self.name))

    def _on_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def books(self) -> Books:
        """Count everything, in one view of what is committed."""
        with unavailable_told(), self._reading.begin() as connection:
            return read_books(connection)

    def back_up(self, path: Path, now: datetime, *, overwrite: bool = False) -> Manifest:
        """Write one view of what is committed to a file, while others write (see `storage.backup.write_backup`)."""
        with unavailable_told(), self._reading.begin() as connection:
            return write_backup(connection, path, now, overwrite=overwrite)

    def restore(self, path: Path, now: datetime, *, look_up: timedelta = LOOK_UP, replace: bool = False) -> Restored:
        """Take over a backup, all of it or nothing (see `storage.restoring.restore_backup`). On SQLite no gateway can
        run meanwhile: raises `AlreadyRunning` if one does."""
        with reading_backup(path) as backup:
            self._claim_file()
            self._reading.dispose()  # sessions of ours would count as somebody else's
            self._answering.dispose()
            self._writing.dispose()
            with unavailable_told(), self._writing.begin() as connection:
                return restore_backup(connection, backup, now, look_up=look_up, replace=replace)

    def close(self) -> None:
        """Finish what is running, then release threads, connections and the process lock."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()
        self._answering.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None
