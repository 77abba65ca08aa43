"""A second place for events, on this machine's own disk: they wait here while the database can't take them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from storage.database import in_thread, unavailable_told
from storage.engines import database_url, sqlite_engine
from storage.errors import SpoolUnavailable, StorageUnavailable
from storage.process_lock import lock_process
from storage.statements import rows_of
from storage.types import EPOCH, Json, UtcDateTime
from storage.values import LANE, About, NewEvent, Row

T = TypeVar("T")

SPOOL_LIMIT = 1_000_000  # events that may wait in a spool
BUSY_SECONDS = 0.5  # nobody else writes to the file; a look at it by hand must not hold up a webhook
PRAGMAS = (
    "PRAGMA auto_vacuum=FULL",  # an outage that is over leaves no large file
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",  # nor what people wrote in it
)
TABLES = MetaData()
EVENTS = Table(
    "spooled",
    TABLES,
    Column("seq", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("about_kind", Text, nullable=False),
    Column("about_value", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("error", Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,  # a number is never given twice: what was moved is known by its numbers
)
WAITS = EVENTS.c.error == ""
NO_EVENT = NewEvent("", "", About(LANE, ""), {}, EPOCH)


@dataclass(frozen=True, slots=True)
class SpooledEvent:
    """An event in the spool; ``seq`` rises with the order in which events came."""

    seq: int
    event: NewEvent


class Spool:
    """Keeps events in a SQLite file of its own, in order, until they are moved to the database.

    ``set_aside`` is how many events in the file the database will never take. Every method raises `SpoolUnavailable`
    where the file can't be used.
    """

    def __init__(self, path: Path, limit: int = SPOOL_LIMIT) -> None:
        """Nothing is opened yet; at most ``limit`` events may wait."""
        self.set_aside = 0
        self._path = path
        self._limit = limit
        self._came = self._left = 0  # how many events have begun to wait, and ceased to
        self._moved = self._forgotten = 0  # all up to these numbers are in the database, are no more in the file
        self._engine = sqlite_engine(database_url(f"sqlite:///{path}"), PRAGMAS, "BEGIN IMMEDIATE", 1, BUSY_SECONDS)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._lock: TextIO | None = None

    @property
    def depth(self) -> int:
        """How many events wait to be moved."""
        return self._came - self._left

    @property
    def remains(self) -> bool:
        """Whether anything that was moved is still in the file."""
        return self._moved > self._forgotten

    def open(self) -> None:
        """Make the file if there is none, and count what waits in it. Raises `AlreadyRunning` if another process has
        it."""
        with spool_told(self._path):
            self._lock = lock_process(f"{self._path}.lock")
        self._came, self.set_aside = self._transact(made)

    def close(self) -> None:
        """Finish what is running and let go of the file; what waits in it is there at the next `open`."""
        self._thread.shutdown()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def keep(self, events: Sequence[NewEvent]) -> list[bool]:
        """Keep the events in the order given; return when they are on disk: True for what was not in the spool yet.

        All of them or none: also raises `SpoolUnavailable` where more than the limit would wait.
        """
        new = await in_thread(self._thread, lambda: self._keep(events))
        return [event.key in new for event in events]

    async def oldest(self, limit: int) -> list[SpooledEvent]:
        """The first events that wait to be moved, oldest first."""
        return await in_thread(self._thread, lambda: self._oldest(limit))

    def moved(self, events: Sequence[SpooledEvent]) -> None:
        """These, the oldest, are in the database: they wait no more, even where the file can't be written now."""
        self._moved = max(self._moved, *(one.seq for one in events))
        self._left += len(events)

    async def put_aside(self, event: SpooledEvent, error: str) -> None:
        """The database will never take this event: it stays in the file, with the reason, and waits no more."""
        change = update(EVENTS).where(EVENTS.c.seq == event.seq).values(error=error)
        await in_thread(self._thread, lambda: self._transact(lambda connection: connection.execute(change)))
        self._left += 1
        self.set_aside += 1

    async def forget(self) -> None:
        """Remove what was moved from the file, and once nothing waits from its log."""
        await in_thread(self._thread, self._forget)

    async def check(self) -> None:
        """Return if the spool would keep an event now."""
        await in_thread(self._thread, self._check)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with spool_told(self._path), self._engine.begin() as connection:
            return work(connection)

    def _keep(self, events: Sequence[NewEvent]) -> set[str]:
        self._require_room(len(events))
        new = self._transact(lambda connection: inserted(connection, events))
        self._came += len(new)
        return new

    def _require_room(self, events: int) -> None:
        if self.depth + events > self._limit:
            raise SpoolUnavailable(f"{self.depth} events wait in the spool {self._path}, which takes {self._limit}")

    def _oldest(self, limit: int) -> list[SpooledEvent]:
        found = self._transact(lambda connection: oldest(connection, self._moved, limit))
        if not found:
            self._left = self._came
        return found

    def _check(self) -> None:
        """Write as much as an event would, and leave nothing."""
        self._require_room(1)
        self._transact(written_and_removed)

    def _forget(self) -> None:
        moved = self._moved
        self._transact(lambda connection: connection.execute(delete(EVENTS).where(WAITS, EVENTS.c.seq <= moved)))
        self._forgotten = moved
        if not self.depth:
            self._empty_log()

    def _empty_log(self) -> None:
        """SQLite's own log of the file holds what was removed from it."""
        with spool_told(self._path), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def spool_told(path: Path) -> Iterator[None]:
    """Raise `SpoolUnavailable`, with the file's name, for trouble with the file."""
    try:
        with unavailable_told():
            yield
    except StorageUnavailable as error:
        raise SpoolUnavailable(f"the spool {path} can't be used: {error}") from error


def made(connection: Connection) -> tuple[int, int]:
    """How many events wait in the file, and how many are set aside; its table is made where it is missing."""
    TABLES.create_all(connection)
    waiting, aside = (select(func.count()).select_from(EVENTS).where(which) for which in (WAITS, ~WAITS))
    return connection.execute(waiting).scalar_one(), connection.execute(aside).scalar_one()


def inserted(connection: Connection, events: Sequence[NewEvent]) -> set[str]:
    """The keys of those events that were not there."""
    into = insert(EVENTS).on_conflict_do_nothing(index_elements=[EVENTS.c.key])
    return set(connection.execute(into.returning(EVENTS.c.key), [spool_row(event) for event in events]).scalars())


def oldest(connection: Connection, after: int, limit: int) -> list[SpooledEvent]:
    query = select(EVENTS).where(WAITS, EVENTS.c.seq > after).order_by(EVENTS.c.seq).limit(limit)
    return [spooled_event(row) for row in rows_of(connection.execute(query))]


def written_and_removed(connection: Connection) -> None:
    connection.execute(insert(EVENTS).values(seq=0, **spool_row(NO_EVENT)))
    connection.execute(delete(EVENTS).where(EVENTS.c.seq == 0))


def spool_row(event: NewEvent) -> Row:
    return {
        "key": event.key,
        "kind": event.kind,
        "about_kind": event.about.kind,
        "about_value": event.about.value,
        "payload": event.payload,
        "received_at": event.received_at,
    }


def spooled_event(row: Row) -> SpooledEvent:
    about = About(row["about_kind"], row["about_value"])
    return SpooledEvent(row["seq"], NewEvent(row["key"], row["kind"], about, row["payload"], row["received_at"]))
