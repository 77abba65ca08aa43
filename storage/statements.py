"""What the stores have in common: rows in and out in bulk, with few statements."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Result, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from storage.bulk import delete_many, update_many
from storage.errors import StaleVersion
from storage.values import Row

V = TypeVar("V")

IN_LIMIT = 5_000  # values in one IN list; SQLite takes 32,766 variables in a statement, PostgreSQL 65,535
GUARDS = ("id", "version")


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model, for Core statements."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def chunks(values: Iterable[V]) -> Iterator[list[V]]:
    """The values in lists of at most `IN_LIMIT`."""
    rest = iter(values)
    while chunk := list(islice(rest, IN_LIMIT)):
        yield chunk


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The second parts by the first part, each once, in the order given."""
    groups: dict[str, dict[str, None]] = {}
    for first, second in pairs:
        groups.setdefault(first, {})[second] = None
    return {first: list(seconds) for first, seconds in groups.items()}


def rows_of(result: Result[Any]) -> list[Row]:
    """All rows of a result as plain dictionaries."""
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]


def one_row(result: Result[Any]) -> Row | None:
    """The only row of a result, or None."""
    row = result.mappings().one_or_none()
    return None if row is None else dict(row)


def rows_in(connection: Connection, query: Select[Any], column: Column[Any], values: Collection[Any]) -> list[Row]:
    """The rows of ``query`` whose ``column`` is among the values, in no order."""
    found: list[Row] = []
    for chunk in chunks(dict.fromkeys(values)):
        found += rows_of(connection.execute(query.where(column.in_(chunk))))
    return found


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that knows ON CONFLICT, which both databases write alike."""
    on_postgres = connection.dialect.name == "postgresql"
    return postgresql.insert(table) if on_postgres else sqlite.insert(table)


def save_guarded(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write the named columns of rows that are still at the version they were read at, and count the version up.

    Raises `StaleVersion` if any has changed since (or is gone): the transaction must then be rolled back.
    """
    _check(table, rows, update_many(connection, table, rows, GUARDS, count="version"))


def drop_guarded(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Remove rows that are still at the version they were read at. Raises `StaleVersion` if any has changed since, or
    is gone: the transaction must then be rolled back."""
    _check(table, rows, delete_many(connection, table, [{name: row[name] for name in GUARDS} for row in rows]))


def _check(table: Table, rows: Sequence[Row], found: int) -> None:
    if found != len(rows):
        raise StaleVersion(f"{len(rows) - found} of {len(rows)} rows of {table.name} changed since they were read")


def by(key: str, rows: Iterable[Row]) -> dict[Any, Row]:
    """The rows by one of their columns."""
    return {row[key]: row for row in rows}
