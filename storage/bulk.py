"""Many rows at once, written or read by one statement that is the same whatever their number: drivers prepare it once,
and values are turned into what the database holds column by column.

On SQLite a statement that writes is done for each row (`executemany`); on PostgreSQL once, with an array for each
column. What SQLAlchemy does for each row and each statement takes longer than what the database does.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Boolean, Connection, Table
from sqlalchemy.dialects import postgresql

from storage.types import ByColumn
from storage.values import Row

MOST_KEYS = 4_096  # in one statement that reads
POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]
QUOTE = POSTGRES.identifier_preparer.quote

Names = tuple[str, ...]
Cells = Sequence[Any]


def insert_many(connection: Connection, table: Table, rows: Sequence[Row], conflict: str = "") -> None:
    """Insert the rows in the order given; columns that a row does not name get the model's default.

    ``conflict`` is what SQL does with a row that is there already: `ON CONFLICT ...`. Of those that update, no two may
    be about the same row.
    """
    for names, cells in _by_column(table, rows):
        others = {name: cell for name, cell in _defaults(table).items() if name not in names}
        constant = [[cell] * len(cells[0]) for cell in others.values()]
        _run(connection, _insert(connection.dialect.name, table, (*names, *others), conflict), [*cells, *constant])


def update_many(
    connection: Connection, table: Table, rows: Sequence[Row], keys: Names, also: str = "", count: str = ""
) -> int:
    """Change the rows that have these ``keys`` to what else is given; how many there were.

    ``also`` is another condition, in SQL, where {name} stands for what is given; ``count`` a column to count up.
    """
    changed = 0
    for names, cells in _by_column(table, rows):
        changed += _run(connection, _update(connection.dialect.name, table, names, keys, also, count), cells)
    return changed


def delete_many(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Delete the rows that have the same values in all that is given; how many there were."""
    deleted = 0
    for names, cells in _by_column(table, rows):
        deleted += _run(connection, _delete(connection.dialect.name, table, names), cells)
    return deleted


def read_many(
    connection: Connection,
    table: Table,
    key: str,
    values: Collection[str],
    only: str = "",
    names: Names = (),
    **other: str,
) -> list[Row]:
    """The rows whose column ``key`` (of texts) is among the values, that meet ``only`` (SQL) and whose ``other``
    columns have these values, in no order; of their columns those of these names (none: all)."""
    conditions = (only, *(f"{QUOTE(name)} = {{}}" for name in other), f"{QUOTE(key)} {{}}")
    source = f"{table.name} WHERE {' AND '.join(filter(None, conditions))}"
    return read_from(connection, table, source, values, names, *other.values())


def read_from(
    connection: Connection, table: Table, source: str, values: Collection[str], names: Names = (), *others: str
) -> list[Row]:
    """As `read_many`, of what stands after FROM: there {} stands for each of the ``others`` in turn, and at last for
    being among the values."""
    wanted, left = names or tuple(table.c.keys()), list(dict.fromkeys(values))
    query = f"SELECT {', '.join(f'{table.name}.{QUOTE(name)}' for name in wanted)} FROM {source}"  # noqa: S608
    found: list[Row] = []
    for first in range(0, len(left), MOST_KEYS):
        found += _told(table, wanted, ask(connection, query, *others, left[first : first + MOST_KEYS]))
    return found


def ask(connection: Connection, query: str, *given: str | int | Sequence[str] | Sequence[int]) -> Sequence[Any]:
    """What a query finds, as the database holds it. In its text {} stands for each of what is given in turn: for a
    value, or for being among several."""
    dialect, marks, parameters = connection.dialect.name, [], []
    for one in given:
        if isinstance(one, str | int):
            marks.append("?" if dialect == "sqlite" else "%s")
            parameters.append(one)
        else:
            mark, cells = _among(dialect, one)
            marks.append(mark)
            parameters += cells
    return connection.exec_driver_sql(query.format(*marks), tuple(parameters)).fetchall()


def _by_column(table: Table, rows: Sequence[Row]) -> Iterator[tuple[Names, list[Cells]]]:
    """The names and the columns, as the database holds them, of rows that follow one another and name the same."""
    for names, alike in groupby(rows, key=tuple):
        given = zip(*(row.values() for row in alike), strict=True)
        kinds = (table.c[name].type for name in names)
        yield names, [kind.stored(c) if isinstance(kind, ByColumn) else c for kind, c in zip(kinds, given, strict=True)]


def _told(table: Table, names: Names, rows: Sequence[Any]) -> list[Row]:
    """Rows as the database holds them as dictionaries of what Python holds."""
    columns = (_values(table.c[name].type, cells) for name, cells in zip(names, zip(*rows, strict=True), strict=False))
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(kind: object, cells: Cells) -> Cells:
    if isinstance(kind, ByColumn):
        return kind.told(cells)
    return list(map(bool, cells)) if isinstance(kind, Boolean) else cells


@cache
def _defaults(table: Table) -> Mapping[str, Any]:
    """The model's defaults as the database holds them."""
    given: dict[str, Any] = {column.name: column.default for column in table.c if column.default is not None}
    row = {name: default.arg(None) if default.is_callable else default.arg for name, default in given.items()}
    names, columns = next(_by_column(table, [row]))
    return {name: cells[0] for name, cells in zip(names, columns, strict=True)}


def _run(connection: Connection, statement: str, columns: Sequence[Cells]) -> int:
    """Do the statement for each place in the columns; how many rows it was about."""
    on_sqlite = connection.dialect.name == "sqlite"
    rows = list(zip(*columns, strict=True)) if on_sqlite else tuple(map(list, columns))
    return connection.exec_driver_sql(statement, rows).rowcount


def _among(dialect: str, keys: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Of so many keys: PostgreSQL takes an array, SQLite a parameter for each, of which there are 1, 2, 4 and so on, so
    that few statements are prepared."""
    if dialect != "sqlite":
        return f"= ANY(%b::{'bigint' if keys and isinstance(keys[0], int) else 'text'}[])", [list(keys)]
    places = 1 << max(len(keys) - 1, 0).bit_length() if keys else 0
    return f"IN ({', '.join('?' * places)})", [*keys, *[keys[-1]] * (places - len(keys))] if keys else []


@cache
def _insert(dialect: str, table: Table, names: Names, conflict: str) -> str:
    into = f"INSERT INTO {table.name} ({_listed(names)}) "
    if dialect == "sqlite":
        return f"{into}VALUES ({', '.join('?' * len(names))}) {conflict}"
    ordered = f"WITH ORDINALITY AS given({_listed(names)}, given_place) ORDER BY given_place"
    return f"{into}SELECT {_listed(names)} FROM {_arrays(table, names)} {ordered} {conflict}"  # noqa: S608


@cache
def _update(dialect: str, table: Table, names: Names, keys: Names, also: str, count: str) -> str:
    given = _given(dialect, names)
    new = [f"{QUOTE(name)} = {given[name]}" for name in names if name not in keys]
    counted = [f"{count} = {table.name}.{count} + 1"] if count else []
    where = " AND ".join((*_same(table, keys, given), *((also.format(**given),) if also else ())))
    origin = "" if dialect == "sqlite" else f"FROM {_arrays(table, names)} AS given({_listed(names)}) "
    return f"UPDATE {table.name} SET {', '.join((*new, *counted))} {origin}WHERE {where}"  # noqa: S608


@cache
def _delete(dialect: str, table: Table, names: Names) -> str:
    where = " AND ".join(_same(table, names, _given(dialect, names)))
    origin = "" if dialect == "sqlite" else f"USING {_arrays(table, names)} AS given({_listed(names)}) "
    return f"DELETE FROM {table.name} {origin}WHERE {where}"  # noqa: S608


def _given(dialect: str, names: Names) -> dict[str, str]:
    """How SQL names what is given: by its place, or as a column of what PostgreSQL makes of the arrays."""
    if dialect == "sqlite":
        return {name: f"?{place}" for place, name in enumerate(names, 1)}
    return {name: f"given.{QUOTE(name)}" for name in names}


def _same(table: Table, keys: Names, given: Mapping[str, str]) -> Iterator[str]:
    return (f"{table.name}.{QUOTE(key)} = {given[key]}" for key in keys)


def _arrays(table: Table, names: Names) -> str:
    """In binary (%b): as texts psycopg and the server take three times as long over arrays."""
    return f"unnest({', '.join(f'%b::{table.c[name].type.compile(POSTGRES)}[]' for name in names)})"


def _listed(names: Names) -> str:
    return ", ".join(map(QUOTE, names))
