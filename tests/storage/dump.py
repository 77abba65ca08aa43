"""What a released program left in its database, as a file: the next release adds one.

By hand, with the database of a project that has something of everything: `python -m tests.storage.dump FILE.db` writes
`tests/storage/released/<revision>.json`, and the backup that this program makes of it, packed, as
`<revision>.backup.gz`. `test_released.py` takes up every file that it finds there.
"""

import gzip
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from sqlalchemy import Connection, FromClause, MetaData, Table, insert, select

from storage import schema
from storage.database import Storage
from storage.restoring import go_on_counting
from storage.values import Row

RELEASED = Path(__file__).with_name("released")
VERSIONS = "alembic_version"


@dataclass(frozen=True)
class Released:
    """The rows of all tables at one revision, values as the database has them."""

    revision: str
    tables: dict[str, list[Row]]

    def build(self, connection: Connection) -> None:
        """Make the tables of this revision in an empty database, and fill them."""
        command.upgrade(schema.configuration(connection), self.revision)
        for name, table in tables_of(connection).items():
            rows = [typed(table, row) for row in self.tables[name]]
            if rows:
                connection.execute(insert(table), rows)
        go_on_counting(connection)


def backups() -> list[Path]:
    """The packed backup of every release that could make one, oldest first."""
    return sorted(RELEASED.glob("*.backup.gz"))


def unpacked(packed: Path, folder: Path) -> Path:
    """A backup as the release wrote it."""
    file = folder / packed.stem
    file.write_bytes(gzip.decompress(packed.read_bytes()))
    return file


def pack_backup(path: Path, revision: str) -> None:
    """Back up one database as an operator would, and keep that with the released."""
    with TemporaryDirectory() as folder, closing(Storage(f"sqlite:///{path}")) as storage:
        storage.back_up(Path(folder) / "backup", datetime.now(UTC))
        packed = gzip.compress((Path(folder) / "backup").read_bytes(), mtime=0)
    (RELEASED / f"{revision}.backup.gz").write_bytes(packed)


def released() -> list[Released]:
    """Every release, oldest first."""
    return [Released(**json.loads(path.read_text("utf-8"))) for path in sorted(RELEASED.glob("*.json"))]


def tables_of(connection: Connection) -> dict[str, Table]:
    """The tables as they are in the database."""
    there = MetaData()
    there.reflect(connection)
    return {name: table for name, table in there.tables.items() if name != VERSIONS}


def contents(connection: Connection, tables: Mapping[str, FromClause]) -> dict[str, set[tuple[object, ...]]]:
    """All rows of the tables, of those columns that the tables name."""
    return {name: {tuple(row) for row in connection.execute(select(table))} for name, table in tables.items()}


def typed(table: Table, row: Row) -> Row:
    """SQLite's 1 and 0 as PostgreSQL wants them, and what is packed as bytes."""
    kinds = {column.name: READ.get(column.type.python_type, same) for column in table.columns}
    return {name: kinds[name](value) for name, value in row.items()}


def same(value: Any) -> Any:
    return value


READ: Mapping[type, Callable[[Any], Any]] = {bool: bool, bytes: bytes.fromhex}


def rows_in_file(path: Path) -> Iterator[tuple[str, list[Row]]]:
    with closing(sqlite3.connect(path)) as file:
        file.row_factory = sqlite3.Row
        names = [row["name"] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in sorted(names):
            yield name, [dict(row) for row in file.execute(f'SELECT * FROM "{name}"')]  # noqa: S608  its own tables


def main(path: Path) -> None:
    """Write the dump of one database, and a backup of it."""
    tables = dict(rows_in_file(path))
    revision = tables.pop(VERSIONS)[0]["version_num"]
    dump = {"revision": revision, "tables": tables}
    text = json.dumps(dump, indent=0, ensure_ascii=False, default=bytes.hex)
    (RELEASED / f"{revision}.json").write_text(text + "\n", "utf-8")
    pack_backup(path, revision)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
