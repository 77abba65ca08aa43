"""Many rows at once, given or asked for column by column: one statement, the same whatever their number, and nothing is
done for each row that can be done once. SQLite takes the rows as one JSON text, PostgreSQL an array for each column;
so neither goes back to Python between two rows, where it would take the interpreter from whoever needs it meanwhile.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from storage.types import TO_JSON

Cells = Sequence[str] | Sequence[int]
Names = tuple[str, ...]

COUNTED = "counted"  # the place of a row among those that come in one statement
NUL = "\\u0000"  # as JSON has it
DIALECTS: Mapping[str, Dialect] = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]
AMONG = {"sqlite": ("?", "IN (SELECT value FROM json_each(?))"), "postgresql": ("%s", "= ANY(%b::text[])")}


def add_columns(
    connection: Connection,
    table: Table,
    columns: Mapping[str, Cells],
    alike: Mapping[str, Any],
    *,
    unless: str = "",
    told: Names = (),
) -> Sequence[Sequence[Any]]:
    """Insert one row for each place in ``columns``: lists of one length by column name, their values as the database
    holds them (JSON as text, moments in microseconds). Return the columns ``told`` of each row that came, in no order.

    ``alike`` are columns that have one value in all rows, as Python holds it; columns that neither names have the
    model's default. Rows come in the order given. One that is there already is an IntegrityError, and none comes then;
    only where another has the same ``unless`` (a column, "" for none) it is left out.
    """
    if not len(next(iter(columns.values()))):
        return ()
    kind = connection.dialect.name
    constant = {**_defaults(table, kind), **{name: _stored(table, kind, name, value) for name, value in alike.items()}}
    shared = {name: value for name, value in constant.items() if name not in columns}
    statement = _inserting(table, kind, tuple(columns), tuple(shared), unless, told)
    rows = [listed(zip(*columns.values(), strict=True))] if kind == "sqlite" else [*map(list, columns.values())]
    result = connection.exec_driver_sql(statement, (*shared.values(), *rows))
    return result.fetchall() if told else ()


def look_up(
    connection: Connection, table: Table, key: str, told: str, keys: Collection[str], **other: str
) -> dict[str, Any]:
    """The column ``told`` by the column ``key``, of the rows whose key is among these texts and whose ``other`` columns
    have these values. Both columns are such as the database holds them."""
    quoted_key, quoted_told, *others = map(connection.dialect.identifier_preparer.quote, (key, told, *other))
    narrowed = "".join(f"{name} = {{one}} AND " for name in others)
    query = f"SELECT {quoted_key}, {quoted_told} FROM {table.name} WHERE {narrowed}{quoted_key} {{among}}"  # noqa: S608
    return found(connection, query, keys, *other.values())


def found(connection: Connection, query: str, values: Collection[str], *others: str) -> dict[str, Any]:
    """What a query finds, its second column by its first. In its text ``{one}`` stands for each of ``others`` in turn,
    and after them ``{among}`` for: is one of these values."""
    if not values:
        return {}
    one, among = AMONG[connection.dialect.name]
    these = listed(values) if connection.dialect.name == "sqlite" else list(values)
    rows = connection.exec_driver_sql(query.format(one=one, among=among), (*others, these))
    return {row[0]: row[1] for row in rows.fetchall()}


def listed(values: Iterable[Any]) -> str:
    """The values as JSON for SQLite. Raises ValueError where one holds NUL, at which SQLite would end the text (and
    which PostgreSQL takes in no text)."""
    these = list(values)
    text = TO_JSON(these)
    if NUL in text and any("\x00" in cell for cell in _texts(these)):
        raise ValueError("a text with NUL can't be kept")
    return text


def _texts(values: Sequence[Any]) -> list[str]:
    cells = [cell for value in values for cell in ([value] if isinstance(value, str) else value)]
    return [cell for cell in cells if isinstance(cell, str)]


@cache
def _defaults(table: Table, kind: str) -> dict[str, Any]:
    """The model's defaults, as this kind of database holds them."""
    defaults = {c.name: c.default.arg for c in table.c if isinstance(c.default, ScalarElementColumnDefault)}
    return {name: _stored(table, kind, name, value) for name, value in defaults.items()}


def _stored(table: Table, kind: str, name: str, value: object) -> object:
    process = table.c[name].type.dialect_impl(DIALECTS[kind]).bind_processor(DIALECTS[kind])
    return process(value) if process else value


@cache
def _inserting(table: Table, kind: str, names: Names, constant: Names, unless: str, told: Names) -> str:
    quote = DIALECTS[kind].identifier_preparer.quote
    source = _from_json(len(names), len(constant)) if kind == "sqlite" else _from_arrays(table, names, constant)
    known = f" ON CONFLICT ({unless}) DO NOTHING" if unless else ""
    telling = f" RETURNING {', '.join(map(quote, told))}" if told else ""
    return f"INSERT INTO {table.name} ({', '.join(map(quote, (*constant, *names)))}) {source}{known}{telling}"


def _from_json(names: int, constant: int) -> str:
    """Constants first, then one JSON array of rows, which are arrays themselves."""
    cells = (*("?" * constant), *(f"json_extract(value, '$[{place}]')" for place in range(names)))
    return f"SELECT {', '.join(cells)} FROM json_each(?) WHERE true ORDER BY json_each.id"  # noqa: S608 - no names


def _from_arrays(table: Table, names: Names, constant: Names) -> str:
    """Constants first, then one array for each column. In binary (%b), for as texts psycopg and the server take three
    times as long over them."""
    dialect = DIALECTS["postgresql"]
    kinds = {name: table.c[name].type.compile(dialect) for name in (*constant, *names)}
    shared = "".join(f"%s::{kinds[name]}, " for name in constant)
    arrays = ", ".join(f"%b::{kinds[name]}[]" for name in names)
    mine = ", ".join(map(dialect.identifier_preparer.quote, names))
    listed_rows = f"unnest({arrays}) WITH ORDINALITY AS listed({mine}, {COUNTED})"
    return f"SELECT {shared}{mine} FROM {listed_rows} ORDER BY {COUNTED}"  # noqa: S608 - names of our own
