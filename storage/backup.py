"""Back up the whole database while others write, from one view of it, row by row."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp

from sqlalchemy import Boolean, Connection, MetaData, Table, select
from sqlmodel import SQLModel

from storage import schema
from storage.backup_file import CHUNK, Manifest, Values, filling_backup
from storage.books import read_books
from storage.errors import BackupFailed, SchemaMismatch


def write_backup(connection: Connection, path: Path, now: datetime, *, overwrite: bool = False) -> Manifest:
    """Write what the connection's transaction sees to a file that only its owner may read, and say what is in it.

    ``now`` (UTC) must be earlier than the transaction's first look. The file is there whole, on disk, or not at all.
    Raises FileExistsError unless it may ``overwrite``, `SchemaMismatch` if the tables are none that this program knows,
    `BackupFailed` where the file can't be written.
    """
    revision = schema.known_revision(connection)
    if revision is None:
        raise SchemaMismatch("the database has no tables: there is nothing to back up")
    refuse_existing(path, overwrite)
    refuse_itself(connection, path)
    with whole_file(path) as unfinished, filling_backup(unfinished) as backup:
        for table in tables_there(connection):
            backup.add(table.name, table.columns.keys(), rows_of_table(connection, table))
        manifest = backup.finish(revision, now, read_books(connection))
        refuse_existing(path, overwrite)
    return manifest


def refuse_existing(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise FileExistsError(0, "there is such a file already", str(path))


def refuse_itself(connection: Connection, path: Path) -> None:
    """Over its own file there would be no database any more, and SQLite would apply its log to the backup."""
    is_file = connection.dialect.name == "sqlite" and path.exists()
    if is_file and path.samefile(str(connection.engine.url.database)):
        raise BackupFailed(f"{path} is the database itself: give the backup another name")


def tables_there(connection: Connection) -> list[Table]:
    """Our tables as the database has them, whatever its revision, by name."""
    there = MetaData()
    there.reflect(connection, only=lambda name, _: name in SQLModel.metadata.tables)
    return sorted(there.tables.values(), key=lambda table: table.name)


def rows_of_table(connection: Connection, table: Table) -> Iterator[Sequence[Values]]:
    """All rows, `CHUNK` at a time; true and false as 1 and 0."""
    result = connection.execute(select(*table.columns), execution_options={"yield_per": CHUNK})
    flags = [number for number, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
    for chunk in result.partitions():
        yield [with_numbers(tuple(row), flags) for row in chunk] if flags else [tuple(row) for row in chunk]


def with_numbers(row: Values, flags: Sequence[int]) -> Values:
    values = list(row)
    for flag in flags:
        values[flag] = None if values[flag] is None else int(values[flag])
    return tuple(values)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """An empty file to fill beside ``path``; it takes that name, synced to disk, once the block is done.

    Where the block raises nothing is left. A power cut leaves at most the unfinished file, named ``.NAME.*.part``.
    """
    with failure_told(path):
        number, name = mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # 0600
        os.close(number)
        try:
            yield Path(name)
            sync(Path(name))
            os.replace(name, path)
            sync(path.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextmanager
def failure_told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except (sqlite3.Error, OSError) as error:
        raise BackupFailed(f"{path} can't be written: {getattr(error, 'strerror', None) or error}") from error


def sync(path: Path) -> None:
    """What was written to the file, or the names in the folder, are on disk when this returns."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
