"""The file of a backup: a SQLite database with every table as it was, row by row, and a manifest written last.

Values are stored as they are in the database (true and false as 1 and 0), without keys and indexes. The manifest says
which format and schema revision it is, when the view was taken, how many rows each table has and their checksum, and
the books. So what is missing, changed or not ours is noticed before any of it is believed.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from storage.books import Books
from storage.errors import BackupRefused

FORMAT = 1  # of the file; a program reads its own and earlier ones
CHUNK = 200  # rows in memory at once: a kept request may have a megabyte
MAGIC = b"SQLite format 3\0"  # the first bytes of every SQLite file: https://sqlite.org/fileformat.html
ENTRIES = ("format", "revision", "taken_at", "tables", "books")
FAST = ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF")  # whoever writes it syncs it whole, or throws it away

BOOKED = tuple(field.name for field in fields(Books))

Values = tuple[Any, ...]
# Escapes all but ASCII, so it is alike wherever it is read. Bytes are what is packed, or a text that was damaged.
ROW = json.JSONEncoder(separators=(",", ":"), default=repr).encode


@dataclass(frozen=True, slots=True)
class TableSum:
    """What a table holds: its columns, how many rows, and the SHA-256 of their values in their order."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. ``taken_at`` (UTC) is not after the moment of the view that it holds; ``counted``
    are the names of those entries of the books that its program knew."""

    revision: str
    taken_at: datetime
    tables: Mapping[str, TableSum]
    books: Books
    counted: tuple[str, ...] = BOOKED

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table.rows for table in self.tables.values())


@dataclass
class Tally:
    """Counts rows and sums them up while they pass."""

    rows: int = 0

    def __post_init__(self) -> None:
        self._digest = sha256()

    def passing(self, chunks: Iterable[Sequence[Values]]) -> Iterator[Sequence[Values]]:
        """The chunks as they are."""
        for chunk in chunks:
            self.rows += len(chunk)
            for row in chunk:
                self._digest.update(ROW(row).encode())
            yield chunk

    def sum(self, columns: Sequence[str]) -> TableSum:
        """What has passed."""
        return TableSum(tuple(columns), self.rows, self._digest.hexdigest())


class BackupWriter:
    """Fills a new backup. Nothing of it counts until `finish` has been called."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        self._tables: dict[str, TableSum] = {}

    def add(self, table: str, columns: Sequence[str], chunks: Iterable[Sequence[Values]]) -> None:
        """Write one table."""
        names, tally = ", ".join(map(quoted, columns)), Tally()
        self._file.execute(f"CREATE TABLE {quoted(table)} ({names})")
        insert = f"INSERT INTO {quoted(table)} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  our own names
        for chunk in tally.passing(chunks):
            self._file.executemany(insert, chunk)
        self._tables[table] = tally.sum(columns)

    def finish(self, revision: str, taken_at: datetime, books: Books) -> Manifest:
        """Write the manifest."""
        manifest = Manifest(revision, taken_at, self._tables, books)
        entries = written(manifest)
        self._file.execute("CREATE TABLE manifest (name TEXT PRIMARY KEY, value TEXT)")
        rows = [*entries.items(), ("checksum", checksum(entries))]
        self._file.executemany("INSERT INTO manifest VALUES (?, ?)", rows)
        self._file.commit()
        return manifest


class BackupReader:
    """A backup whose manifest holds together. Reading its tables raises `BackupRefused` where they don't match it."""

    def __init__(self, path: Path, file: sqlite3.Connection) -> None:
        self._path, self._file = path, file
        self.manifest = read_manifest(path, file)

    def verify(self) -> None:
        """Read everything once. Raises `BackupRefused` if anything is not as it was written."""
        for table in self.manifest.tables:
            for _ in self.chunks(table):
                pass

    def chunks(self, table: str) -> Iterator[Sequence[Values]]:
        """The rows of a table, in their order; what they add up to is checked after the last."""
        told, tally = self.manifest.tables[table], Tally()
        names = ", ".join(map(quoted, told.columns))  # checked to be those of our tables
        rows = self._file.execute(f"SELECT {names} FROM {quoted(table)}")  # noqa: S608
        yield from tally.passing(iter(lambda: list(islice(rows, CHUNK)), []))
        if tally.sum(told.columns) != told:
            raise BackupRefused(f"{self._path} is damaged: the rows of {table} are not those that were backed up")


def written(manifest: Manifest) -> dict[str, str]:
    """The manifest's entries, by name."""
    tables = {name: asdict(table) for name, table in manifest.tables.items()}
    values = (FORMAT, manifest.revision, manifest.taken_at.isoformat(), tables, asdict(manifest.books))
    return {name: json.dumps(value) for name, value in zip(ENTRIES, values, strict=True)}


def checksum(entries: Mapping[str, str]) -> str:
    return sha256("\n".join(entries[name] for name in ENTRIES).encode()).hexdigest()


def read_manifest(path: Path, file: sqlite3.Connection) -> Manifest:
    """What the file says of itself. Raises `BackupRefused`."""
    if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'manifest'").fetchone():
        raise BackupRefused(f"{path} is no backup of pointsman, or one that was never finished")
    entries = {str(name): str(value) for name, value in file.execute("SELECT name, value FROM manifest")}
    if entries.get("format", "").isdecimal() and int(entries["format"]) > FORMAT:
        newer = f"format {entries['format']}; this one reads up to {FORMAT}"
        raise BackupRefused(f"{path} was written by a newer pointsman ({newer})")
    if not entries.keys() >= set(ENTRIES) or checksum(entries) != entries.get("checksum"):
        raise BackupRefused(f"{path} is damaged: its manifest is not as it was written")
    _, revision, taken_at, tables, books = (json.loads(entries[name]) for name in ENTRIES)
    sums = {name: TableSum(tuple(t["columns"]), t["rows"], t["sha256"]) for name, t in tables.items()}
    known = {name: books[name] for name in BOOKED if name in books}
    return Manifest(revision, datetime.fromisoformat(taken_at), sums, Books(**known), tuple(known))


@contextmanager
def reading_backup(path: Path) -> Iterator[BackupReader]:
    """The backup at ``path``, to be read. Raises `BackupRefused` if it is damaged, newer than this program or none;
    OSError if it can't be read."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise BackupRefused(f"{path} is no backup of pointsman")
    with damage_told(path), closing(sqlite3.connect(f"file:{quote(str(path))}?immutable=1", uri=True)) as opened:
        yield BackupReader(path, opened)


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """What SQLite says of a file that was cut short or overwritten, also in no UTF-8, is told as `BackupRefused`."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise BackupRefused(f"{path} is damaged: {error}") from error


@contextmanager
def filling_backup(path: Path) -> Iterator[BackupWriter]:
    """Fill the empty file at ``path``. Raises `sqlite3.Error` where it can't be written."""
    with closing(sqlite3.connect(path)) as opened:
        for pragma in FAST:
            opened.execute(pragma)
        yield BackupWriter(opened)


def quoted(name: str) -> str:
    """A table's or column's name in SQL."""
    return f'"{name}"'
