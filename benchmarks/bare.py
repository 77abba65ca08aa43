"""The baseline of whatever writes to the database: the same rows, as plain inserts in as many transactions.

What a piece of work wrote is read off two copies of its database, the one before and the one after it: every row that
is new or differs. The baseline inserts just these rows into an empty database with the same tables and indexes, with
`sqlite3` and nothing else.
"""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import Slice, timed
from storage.database import Storage


def empty_database(path: Path) -> Path:
    """A new database with the tables and nothing in them."""
    storage = Storage(f"sqlite:///{path}")
    storage.migrate()
    storage.close()
    return path


def copied(source: Path, target: Path) -> Path:
    """A copy of a database that nobody has open, whatever was at ``target``."""
    for suffix in ("-wal", "-shm"):
        Path(f"{target}{suffix}").unlink(missing_ok=True)
    return Path(shutil.copyfile(source, target))


@dataclass(frozen=True, slots=True)
class Written:
    """Rows by table, and how many transactions they were written in."""

    tables: dict[str, list[tuple[Any, ...]]]
    transactions: int

    @property
    def rows(self) -> int:
        return sum(len(rows) for rows in self.tables.values())


def written(before: Path, after: Path, transactions: int) -> Written:
    """The rows of ``after`` that ``before`` does not hold."""
    with closing(sqlite3.connect(after)) as connection:
        connection.execute("ATTACH ? AS before", (str(before),))
        names = [row[0] for row in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        found = {name: connection.execute(_NEW.format(name)).fetchall() for name in names if "sqlite" not in name}
    return Written({name: rows for name, rows in found.items() if rows}, transactions)


_NEW = 'SELECT * FROM main."{0}" EXCEPT SELECT * FROM before."{0}"'  # names of our own tables


def insert(rows: Written, path: Path, units: int) -> Slice:
    """Insert the rows into the empty database at ``path``; ``units`` is how much work they stand for."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return timed(units, lambda: _insert_all(connection, rows))


def _insert_all(connection: sqlite3.Connection, rows: Written) -> None:
    for number in range(rows.transactions):
        connection.execute("BEGIN IMMEDIATE")
        for table, whole in rows.tables.items():
            _insert(connection, table, part(whole, number, rows.transactions))
        connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)  # noqa: S608 - our own tables


def part(rows: Sequence[tuple[Any, ...]], number: int, parts: int) -> Sequence[tuple[Any, ...]]:
    """The ``number``-th of so many parts of about one size."""
    return rows[len(rows) * number // parts : len(rows) * (number + 1) // parts]
