"""Statements that are worked out once for each database, and then given to its driver as they are: SQLAlchemy takes
many times as long to find one among those it knows as the database does to answer it."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, CursorResult, Select, bindparam

from storage.columnwise import AMONG, DIALECTS, listed

PAIRS_OF_JSON = {
    "one": "?",
    "told": "json_each(?) AS told",
    "first": "json_extract(told.value, '$[0]')",
    "second": "json_extract(told.value, '$[1]')",
}
PAIRS_OF_ARRAYS = {
    "one": "%s",
    "told": "unnest(%b::text[], %b::text[]) AS told (first, second)",
    "first": "told.first",
    "second": "told.second",
}


def given(name: str, of: Column[Any]) -> BindParameter[Any]:
    """What a query takes under this name: something like what is in the column."""
    return bindparam(name, required=False, type_=of.type)


class Prepared:
    """A query that names what it takes by `given`."""

    def __init__(self, query: Select[Any]) -> None:
        self._query = query
        self._texts: dict[str, tuple[str, Sequence[str], dict[str, Any]]] = {}

    def asked(self, connection: Connection, **values: Any) -> Sequence[Sequence[Any]]:
        """The rows found with these values; both are as the database holds them."""
        kind = connection.dialect.name
        text, names, constant = self._texts.get(kind) or self._texts.setdefault(kind, self._written(kind))
        given = {**constant, **values}
        return connection.exec_driver_sql(text, tuple(given[name] for name in names) if names else given).fetchall()

    def _written(self, kind: str) -> tuple[str, Sequence[str], dict[str, Any]]:
        compiled = self._query.compile(dialect=DIALECTS[kind], compile_kwargs={"render_postcompile": True})
        return str(compiled), compiled.positiontup or (), dict(compiled.params)


def change_among(connection: Connection, change: str, values: Collection[str], *others: Any) -> CursorResult[Any]:
    """Do a change: in its text ``{one}`` stands for each of ``others`` in turn, and after them ``{among}`` for: is one
    of these values."""
    kind = connection.dialect.name
    these = listed(values) if kind == "sqlite" else list(values)
    return connection.exec_driver_sql(_among(change, kind), (*others, these))


def change_told(connection: Connection, change: str, pairs: Sequence[tuple[str, str]], other: Any) -> None:
    """Do a change for each pair of texts: in its text ``{first}`` and ``{second}`` stand for them, ``{told}`` for all
    the pairs, and before that ``{one}`` for ``other``."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(change.format(**PAIRS_OF_JSON), (other, listed(pairs)))
    else:
        connection.exec_driver_sql(change.format(**PAIRS_OF_ARRAYS), (other, *map(list, zip(*pairs, strict=True))))


@cache
def _among(change: str, kind: str) -> str:
    one, among = AMONG[kind]
    return change.format(one=one, among=among)
