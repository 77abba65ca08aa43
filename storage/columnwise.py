"""Many rows at once, given or asked for column by column: nothing is done for each row that can be done once."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from storage.statements import chunks

Cells = Sequence[str] | Sequence[int]
COUNTED = "counted"  # the place of a row among those that come in one statement


def add_columns(
    connection: Connection,
    table: Table,
    columns: Mapping[str, Cells],
    alike: Mapping[str, Any],
    *,
    unless: str = "",
) -> None:
    """Insert one row for each place in ``columns``: lists of one length by column name, their values as the database
    holds them (JSON as text, moments in microseconds).

    ``alike`` are columns that have one value in all rows, as Python holds it; columns that neither names have the
    model's default. Rows come in the order given. One that is there already is an IntegrityError, and none comes then;
    only where another has the same ``unless`` (a column, "" for none) it is left out.
    """
    rows = len(next(iter(columns.values())))
    constant = _constants(connection, table, alike)
    known = f" ON CONFLICT ({unless}) DO NOTHING" if unless else ""
    if rows and connection.dialect.name == "sqlite":
        cells = (*columns.values(), *([value] * rows for value in constant.values()))
        statement = _insert_each(connection, table, (*columns, *constant)) + known
        connection.exec_driver_sql(statement, list(zip(*cells, strict=True)))
    elif rows:
        statement = _insert_arrays(connection, table, tuple(columns), tuple(constant)) + known
        connection.exec_driver_sql(statement, (*constant.values(), *map(list, columns.values())))


def look_up(
    connection: Connection, table: Table, key: str, told: str, keys: Collection[str], **other: str
) -> dict[str, Any]:
    """The column ``told`` by the column ``key``, of the rows whose key is among these texts and whose ``other`` columns
    have these values. Both columns are such as the database holds them."""
    found: dict[str, Any] = {}
    for part in chunks(keys):
        statement, parameters = _asking(connection, table, (key, told, *other), part)
        rows = connection.exec_driver_sql(statement, (*other.values(), *parameters))
        found.update((row[0], row[1]) for row in rows)
    return found


def _asking(
    connection: Connection, table: Table, names: Sequence[str], keys: list[str]
) -> tuple[str, Sequence[str | list[str]]]:
    """A statement for so many keys, and what it takes: SQLite a parameter for each of them, PostgreSQL an array."""
    on_sqlite = connection.dialect.name == "sqlite"
    mark, among = ("?", f"IN ({', '.join('?' * len(keys))})") if on_sqlite else ("%s", "= ANY(%b::text[])")
    key, told, *other = (connection.dialect.identifier_preparer.quote(name) for name in names)
    narrowed = "".join(f"{name} = {mark} AND " for name in other)
    asked = f"SELECT {key}, {told} FROM {table.name} WHERE {narrowed}{key} {among}"  # noqa: S608 - names of our own
    return asked, keys if on_sqlite else [keys]


def _constants(connection: Connection, table: Table, alike: Mapping[str, Any]) -> dict[str, Any]:
    """What all rows share, and the model's defaults, as the database holds them."""
    defaults = {c.name: c.default.arg for c in table.c if isinstance(c.default, ScalarElementColumnDefault)}
    return {name: _stored(connection, table, name, value) for name, value in (defaults | dict(alike)).items()}


def _stored(connection: Connection, table: Table, name: str, value: object) -> object:
    process = table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return process(value) if process else value


def _insert_each(connection: Connection, table: Table, names: Sequence[str]) -> str:
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {table.name} ({_quoted(connection, names)}) VALUES ({marks})"  # noqa: S608 - names of our own


def _insert_arrays(connection: Connection, table: Table, names: Sequence[str], constant: Sequence[str]) -> str:
    """One statement, one array for each column: as many parameters for a thousand rows as for one. In binary (%b), for
    as texts psycopg and the server take three times as long over them."""
    kinds = {name: table.c[name].type.compile(connection.dialect) for name in (*constant, *names)}
    shared = "".join(f"%s::{kinds[name]}, " for name in constant)
    arrays = ", ".join(f"%b::{kinds[name]}[]" for name in names)
    mine = _quoted(connection, names)
    return (
        f"INSERT INTO {table.name} ({_quoted(connection, (*constant, *names))}) SELECT {shared}{mine} "  # noqa: S608
        f"FROM unnest({arrays}) WITH ORDINALITY AS listed({mine}, {COUNTED}) ORDER BY {COUNTED}"
    )


def _quoted(connection: Connection, names: Sequence[str]) -> str:
    return ", ".join(map(connection.dialect.identifier_preparer.quote, names))
