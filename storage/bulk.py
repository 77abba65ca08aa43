"""Many rows at once, written or read by one statement that is the same whatever their number: drivers prepare it once,
and values are turned into what the database holds column by column.

On PostgreSQL a statement that writes is done once, with an array for each column. On SQLite it is done for each row
(`executemany`), but for `insert_columns`, which gives all rows as one JSON text: so SQLite does not go back to Python
between two rows, where it would take the interpreter from whoever needs it meanwhile, and can tell of rows that came.
What SQLAlchemy does for each row and each statement takes longer than what the database does.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import Any

from sqlalchemy import Boolean, Connection, Table

from storage.raw_sql import DIALECTS, fetch, json_list, rows_of_driver
from storage.types import ByColumn
from storage.values import Row

POSTGRES = DIALECTS["postgresql"]
QUOTE = POSTGRES.identifier_preparer.quote
NO_CONSTANTS: Mapping[str, Any] = MappingProxyType({})

Names = tuple[str, ...]
Cells = Sequence[Any]


def insert_many(connection: Connection, table: Table, rows: Sequence[Row], conflict: str = "") -> None:
    """Insert the rows in the order given; columns that a row does not name get the model's default.

    ``conflict`` is what SQL does with a row that is there already: `ON CONFLICT ...`. Of those that update, no two may
    be about the same row.
    """
    for names, columns in _by_column(table, rows):
        if connection.dialect.name == "sqlite":
            fixed = _fixed(table, names, NO_CONSTANTS)
            repeated = ([cell] * len(columns[0]) for cell in fixed.values())
            _run(connection, _insert_each(table, (*names, *fixed), conflict), [*columns, *repeated])
        else:
            insert_columns(connection, table, dict(zip(names, columns, strict=True)), conflict=conflict)


def insert_columns(
    connection: Connection,
    table: Table,
    columns: Mapping[str, Cells],
    constants: Mapping[str, Any] = NO_CONSTANTS,
    *,
    conflict: str = "",
    returning: Names = (),
) -> Sequence[Any]:
    """Insert one row for each place in ``columns``, in the order given: lists of one length by column name, texts and
    numbers as the database holds them (JSON as text, moments in microseconds). Return the columns ``returning`` of each
    row that came, in no order.

    ``constants`` are columns that have one value in all rows, as Python holds it; columns that neither names have the
    model's default. ``conflict`` is as for `insert_many`; without it none comes where one is there already.
    """
    if not len(next(iter(columns.values()))):
        return ()
    on_sqlite, names = connection.dialect.name == "sqlite", tuple(columns)
    fixed, text_of = _fixed(table, names, constants), _insert_json if on_sqlite else _insert_arrays
    rows = [json_list(zip(*columns.values(), strict=True))] if on_sqlite else [*map(list, columns.values())]
    statement = text_of(table, names, tuple(fixed), conflict, returning)
    return rows_of_driver(connection, statement, (*fixed.values(), *rows))


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
    if not values:
        return []
    wanted = names or tuple(table.c.keys())
    query = f"SELECT {', '.join(f'{table.name}.{QUOTE(name)}' for name in wanted)} FROM {source}"  # noqa: S608
    return _loaded(table, wanted, fetch(connection, query, *others, values))


def _by_column(table: Table, rows: Sequence[Row]) -> Iterator[tuple[Names, list[Cells]]]:
    """The names and the columns, as the database holds them, of rows that follow one another and name the same."""
    for names, alike in groupby(rows, key=tuple):
        given = zip(*(row.values() for row in alike), strict=True)
        kinds = (table.c[name].type for name in names)
        yield names, [kind.stored(c) if isinstance(kind, ByColumn) else c for kind, c in zip(kinds, given, strict=True)]


def _loaded(table: Table, names: Names, rows: Sequence[Any]) -> list[Row]:
    """Rows as the database holds them as dictionaries of what Python holds."""
    columns = (_cells(table.c[name].type, cells) for name, cells in zip(names, zip(*rows, strict=True), strict=False))
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _cells(kind: object, cells: Cells) -> Cells:
    if isinstance(kind, ByColumn):
        return kind.told(cells)
    return list(map(bool, cells)) if isinstance(kind, Boolean) else cells


def _fixed(table: Table, names: Names, constants: Mapping[str, Any]) -> dict[str, Any]:
    """What the columns that are not named hold in all rows, as the database holds it: a constant or the default."""
    known = {**_defaults(table), **_stored(table, constants)} if constants else _defaults(table)
    return {name: cell for name, cell in known.items() if name not in names}


@cache
def _defaults(table: Table) -> Mapping[str, Any]:
    """The model's defaults as the database holds them."""
    given: dict[str, Any] = {column.name: column.default for column in table.c if column.default is not None}
    row = {name: default.arg(None) if default.is_callable else default.arg for name, default in given.items()}
    return _stored(table, row)


def _stored(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """One row as the database holds it."""
    names, columns = next(_by_column(table, [dict(row)]))
    return {name: cells[0] for name, cells in zip(names, columns, strict=True)}


def _run(connection: Connection, statement: str, columns: Sequence[Cells]) -> int:
    """Do the statement for each place in the columns; how many rows it was about."""
    on_sqlite = connection.dialect.name == "sqlite"
    rows = list(zip(*columns, strict=True)) if on_sqlite else tuple(map(list, columns))
    return connection.exec_driver_sql(statement, rows).rowcount


@cache
def _insert_each(table: Table, names: Names, conflict: str) -> str:
    """For SQLite: values by their places."""
    return f"INSERT INTO {table.name} ({_listed(names)}) VALUES ({', '.join('?' * len(names))}) {conflict}"  # noqa: S608


@cache
def _insert_json(table: Table, names: Names, constants: Names, conflict: str, returning: Names) -> str:
    """For SQLite: the constants, then one JSON array of rows, which are arrays themselves."""
    cells = (*("?" * len(constants)), *(f"json_extract(value, '$[{place}]')" for place in range(len(names))))
    source = f"SELECT {', '.join(cells)} FROM json_each(?) WHERE true ORDER BY json_each.id"  # noqa: S608
    return _inserted(table, (*constants, *names), source, conflict, returning)


@cache
def _insert_arrays(table: Table, names: Names, constants: Names, conflict: str, returning: Names) -> str:
    """For PostgreSQL: the constants, then an array for each column."""
    fixed = "".join(f"%s::{_kind(table, name)}, " for name in constants)
    ordered = f"WITH ORDINALITY AS given({_listed(names)}, given_place) ORDER BY given_place"
    source = f"SELECT {fixed}{_listed(names)} FROM {_arrays(table, names)} {ordered}"  # noqa: S608
    return _inserted(table, (*constants, *names), source, conflict, returning)


def _inserted(table: Table, names: Names, source: str, conflict: str, returning: Names) -> str:
    back = f"RETURNING {_listed(returning)}" if returning else ""
    return f"INSERT INTO {table.name} ({_listed(names)}) {source} {conflict} {back}"


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
    return f"unnest({', '.join(f'%b::{_kind(table, name)}[]' for name in names)})"


def _kind(table: Table, name: str) -> str:
    """PostgreSQL's name of a column's type."""
    return table.c[name].type.compile(POSTGRES)


def _listed(names: Names) -> str:
    return ", ".join(map(QUOTE, names))
