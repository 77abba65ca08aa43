"""What is in a spool's file: its table, and what is read from it and written to it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from storage.engines import database_url, sqlite_engine
from storage.errors import SpoolUnavailable, StorageUnavailable
from storage.statements import rows_of
from storage.troubles import unavailable_told
from storage.types import EPOCH, Json, UtcDateTime
from storage.values import LANE, About, NewEvent, Row

T = TypeVar("T")

BUSY_SECONDS = 0.5  # commands write little to the file; a look at it by hand must not hold up a webhook
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
    """An event in the spool; ``seq`` rises with the order in which events came. ``error`` says why it is set aside,
    "" where it waits to be moved."""

    seq: int
    event: NewEvent
    error: str = ""


class SpoolFile:
    """A spool's file. Every method raises `SpoolUnavailable` where it can't be used; it is made where it is missing."""

    def __init__(self, path: Path, begin: str = "BEGIN IMMEDIATE", busy: float = BUSY_SECONDS) -> None:
        """Nothing is opened yet. ``begin`` is how transactions begin, ``busy`` how many seconds another one is waited
        for."""
        self._path = path
        self._engine = sqlite_engine(database_url(f"sqlite:///{path}"), PRAGMAS, begin, 1, busy)

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Do this in one transaction, on disk afterwards."""
        with spool_told(self._path), self._engine.begin() as connection:
            return work(connection)

    def empty_log(self) -> None:
        """SQLite's own log of the file holds what was removed from it."""
        with spool_told(self._path), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()


@contextmanager
def spool_told(path: Path) -> Iterator[None]:
    """Raise `SpoolUnavailable`, with the file's name, for trouble with the file."""
    try:
        with unavailable_told():
            yield
    except StorageUnavailable as error:
        raise SpoolUnavailable(f"the spool {path} can't be used: {error}") from error


def made(connection: Connection) -> int:
    """How many events wait in the file; its table is made where it is missing."""
    TABLES.create_all(connection)
    return counted(connection, WAITS)


def counted(connection: Connection, which: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(EVENTS).where(which)).scalar_one()


def size_of(connection: Connection) -> int:
    """How many bytes the file has, with what this transaction has written."""
    pages, size = (connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size"))
    return int(pages) * int(size)


def inserted(connection: Connection, events: Sequence[NewEvent]) -> set[str]:
    """The keys of those events that were not there."""
    into = insert(EVENTS).on_conflict_do_nothing(index_elements=[EVENTS.c.key])
    return set(connection.execute(into.returning(EVENTS.c.key), [spool_row(event) for event in events]).scalars())


def oldest(connection: Connection, after: int, limit: int) -> list[SpooledEvent]:
    """The first events after that number that wait to be moved."""
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
    event = NewEvent(row["key"], row["kind"], about, row["payload"], row["received_at"])
    return SpooledEvent(row["seq"], event, row["error"])
