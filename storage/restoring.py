"""Restore a backup into an empty database: all of it in one transaction, or nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, case, func, literal, select, text, update

from storage import schema
from storage.backup import tables_there
from storage.backup_file import BackupReader, Manifest, Values
from storage.books import Books, read_books
from storage.breakers import forget_breakers
from storage.channel_states import forget_states
from storage.claims import DOUBTED, NOT_DONE, OUTBOX, QUEUED, SENDING, UNKNOWN
from storage.doubts import doubt
from storage.errors import AlreadyRunning, BackupRefused, NotEmpty

VERSIONS = "alembic_version"
LOOK_UP = timedelta(days=3)  # a weekend, over which hours and days may put off what was sent before it
OTHERS = text(  # sessions of ours and of other programs; the server's own have no user
    "SELECT coalesce(nullif(application_name, ''), 'unnamed') FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL ORDER BY 1"
)
FAULTS = "faults"  # of the books
LOOKS = 20  # at who is connected: a session that has just ended is still seen for a moment
LOOK_AGAIN = text("SELECT pg_sleep(0.1), pg_stat_clear_snapshot()")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: from which backup, the books as they are now, and how many messages that it owed are to be
    looked up before they are sent."""

    manifest: Manifest
    books: Books
    looked_up: int


def restore_backup(
    connection: Connection, backup: BackupReader, now: datetime, *, look_up: timedelta, replace: bool = False
) -> Restored:
    """Put everything into the database, inside the connection's transaction, and bring it to this program's tables.

    What was owed at the time of the backup may have been sent since: it is *doubted* now, and looked up at the provider
    before it is sent. So is what comes to be owed within ``look_up`` after ``now`` (UTC), for the gateway does again
    what it did after the backup.

    Raises `BackupRefused`, `NotEmpty` unless the database's content is to be replaced, `AlreadyRunning` where others
    are connected to it, `SchemaMismatch` if it is newer than this program.
    """
    backup.verify()
    schema.lock(connection)
    require_alone(connection)
    make_room(connection, replace)
    build_tables(connection, backup)
    for table in tables_there(connection):
        fill(connection, table, backup)
    go_on_counting(connection)
    check_books(connection, backup)
    schema.upgrade(connection)
    forget_states(connection)
    forget_breakers(connection)
    looked_up = look_before_sending(connection, backup.manifest.taken_at, now, look_up)
    return Restored(backup.manifest, read_books(connection), looked_up)


def require_alone(connection: Connection) -> None:
    """Nobody else may use a PostgreSQL database meanwhile; a SQLite file is locked by whoever restores."""
    if connection.dialect.name != "postgresql":
        return
    for _ in range(LOOKS):
        others = connection.execute(OTHERS).scalars().all()
        if not others:
            return
        connection.execute(LOOK_AGAIN)
    names = ", ".join(f"{number} x {name}" for name, number in Counter(others).items())
    raise AlreadyRunning(
        f"{len(others)} other sessions are connected to the database ({names}): stop every gateway on it first"
    )


def make_room(connection: Connection, replace: bool) -> None:
    """Leave no table of ours. Raises `NotEmpty` where one has rows that are not to be replaced."""
    found = schema.known_revision(connection)
    tables = tables_there(connection)
    full = [table.name for table in tables if connection.execute(select(table).limit(1)).first()]
    if tables and found is None:
        raise NotEmpty(f"the database has tables that are not of this program: {', '.join(t.name for t in tables)}")
    if full and not replace:
        raise NotEmpty(f"the database is not empty: there are rows in {', '.join(full)}")
    for table in tables:
        table.drop(connection)
    if found is not None:
        Table(VERSIONS, MetaData()).drop(connection)


def build_tables(connection: Connection, backup: BackupReader) -> None:
    """Build the tables as they were when the backup was made. Raises `BackupRefused` if it has others."""
    told = backup.manifest
    if told.revision not in schema.known_revisions():
        raise BackupRefused(
            f"the backup is of revision {told.revision}, which is newer than this program ({schema.needed()})"
        )
    schema.upgrade(connection, told.revision)
    there = {table.name: set(table.columns.keys()) for table in tables_there(connection)}
    if there != {name: set(table.columns) for name, table in told.tables.items()}:
        raise BackupRefused(f"the backup has other tables than those of its revision {told.revision}")


def fill(connection: Connection, table: Table, backup: BackupReader) -> None:
    columns = backup.manifest.tables[table.name].columns
    for chunk in backup.chunks(table.name):
        connection.execute(table.insert(), list(named(columns, chunk)))


def named(columns: Sequence[str], chunk: Sequence[Values]) -> Iterator[dict[str, Any]]:
    return (dict(zip(columns, row, strict=True)) for row in chunk)


def go_on_counting(connection: Connection) -> None:
    """PostgreSQL numbers new rows after the restored ones; SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        for table in tables_there(connection):
            for column in table.primary_key.columns:
                if isinstance(column.type, Integer):
                    connection.execute(last_number(table, column))


def last_number(table: Table, column: Column[Any]) -> Any:
    sequence = func.pg_get_serial_sequence(
        f'"{table.name}"', column.name
    )  # NULL, and nothing happens, where it has none
    return select(func.setval(sequence, func.max(column)))


def check_books(connection: Connection, backup: BackupReader) -> None:
    """Raise `BackupRefused` unless the books count what they did at the moment of the backup.

    What the program that backed up did not count is not compared, nor is what does not fit together: it may have looked
    at less, or in other words.
    """
    told, found = backup.manifest, asdict(read_books(connection))
    counted = [name for name in told.counted if name != FAULTS]
    if any(found[name] != asdict(told.books)[name] for name in counted):
        raise BackupRefused("the books of what was restored are not those of the backup")


def look_before_sending(connection: Connection, since: datetime, now: datetime, look_up: timedelta) -> int:
    """What is owed may have been sent after ``since``. Return how many messages that are."""
    since = doubt(connection, since, now, now + look_up)
    first = func.coalesce(OUTBOX.c.first_tried_at, literal(since, OUTBOX.c.first_tried_at.type))
    state = case((OUTBOX.c.state == QUEUED, DOUBTED), (OUTBOX.c.state == SENDING, UNKNOWN), else_=OUTBOX.c.state)
    owed = update(OUTBOX).values(state=state, next_at=now, attempts=0, first_tried_at=first)
    return connection.execute(owed.where(NOT_DONE)).rowcount
