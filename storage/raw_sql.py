"""SQL that goes to the driver as it stands: SQLAlchemy takes many times as long to find a statement among those it
knows as the database does to answer it. A text is the same however many values there are, so drivers prepare it once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Dialect, Select, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from storage.types import TO_JSON

NUL = "\\u0000"  # as JSON has it
DIALECTS: Mapping[str, Dialect] = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]

Parameter = str | int | Collection[str] | Collection[int]


def execute(connection: Connection, statement: str, *parameters: Parameter) -> Sequence[Any]:
    """Do a statement; the rows that come of it. In its text {} stands for each parameter in turn: for a value, or for
    being among several, as in ``WHERE channel = {} AND id {}``. Values are given, and come, as the database holds
    them."""
    marks, values = zip(*(_bound(connection.dialect.name, one) for one in parameters), strict=True)
    return rows_of_driver(connection, statement.format(*marks), values)


def fetch(connection: Connection, query: str, *parameters: Parameter) -> Sequence[Any]:
    """The rows that a query finds (see `execute`)."""
    return execute(connection, query, *parameters)


def rows_of_driver(connection: Connection, statement: str, values: Any = ()) -> Sequence[Any]:
    """The rows that come of a statement as the driver takes it, as plain tuples; () where it is none that has rows.

    SQLAlchemy hears of the statement and of what goes wrong, but makes no result of its own of the answer: on SQLite
    that takes longer than the answer.
    """
    cursor = connection.connection.cursor()
    connection._cursor_execute(cursor, statement, values)
    try:
        return cursor.fetchall() if cursor.description else ()
    except Exception as error:  # SQLite looks for its rows while they are fetched
        connection._handle_dbapi_exception(error, statement, values, cursor, None)


def _bound(dialect: str, parameter: Parameter) -> tuple[str, Any]:
    """How a parameter stands in a text, and how the driver takes it. In binary (%b): psycopg and the server take three
    times as long over arrays as texts."""
    if isinstance(parameter, str | int):
        return "?" if dialect == "sqlite" else "%s", parameter
    if dialect == "sqlite":
        return "IN (SELECT value FROM json_each(?))", json_list(parameter)
    values = list(parameter)
    kind = "bigint" if values and isinstance(values[0], int) else "text"
    return f"= ANY(%b::{kind}[])", values


def json_list(values: Iterable[Any]) -> str:
    """The values (texts and numbers, or rows of them) as JSON for SQLite. Raises ValueError where one holds NUL, at
    which SQLite would end the text (and which PostgreSQL takes in no text)."""
    these = list(values)
    text = TO_JSON(these)
    if NUL in text and any("\x00" in cell for cell in _texts(these)):
        raise ValueError("a text with NUL can't be kept")
    return text


def _texts(values: Sequence[Any]) -> list[str]:
    cells = [cell for value in values for cell in ([value] if isinstance(value, str) else value)]
    return [cell for cell in cells if isinstance(cell, str)]


class CompiledQuery:
    """A query of SQLAlchemy's that is compiled once for each database; what it takes is named by `parameter`."""

    def __init__(self, query: Select[Any]) -> None:
        self._query = query
        self._compiled: dict[str, tuple[str, Sequence[str], dict[str, Any]]] = {}

    def fetch(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """The rows found with these values; both are as the database holds them."""
        dialect = connection.dialect.name
        if dialect not in self._compiled:
            self._compiled[dialect] = self._compile(dialect)
        text, places, constants = self._compiled[dialect]
        given = {**constants, **values}
        return rows_of_driver(connection, text, tuple(given[name] for name in places) if places else given)

    def _compile(self, dialect: str) -> tuple[str, Sequence[str], dict[str, Any]]:
        """Its text, the names of what it takes by place (of PostgreSQL: none), and what is the same each time."""
        compiled = self._query.compile(dialect=DIALECTS[dialect], compile_kwargs={"render_postcompile": True})
        return str(compiled), compiled.positiontup or (), dict(compiled.params)


def parameter(name: str, like: Column[Any]) -> BindParameter[Any]:
    """What a `CompiledQuery` takes under this name: something like what is in the column."""
    return bindparam(name, required=False, type_=like.type)
