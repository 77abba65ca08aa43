"""Pages of lists that cost the same however long the list is: no row is counted or skipped to get to a page.

A page begins after a key, the order's values of the last row that was looked at. So rows that are added, or go, while
somebody reads on neither move others to a page that was read nor repeat them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, FromClause, Select, literal, select, tuple_

from storage.statements import rows_of
from storage.values import Row

WINDOW = 2_000  # rows that are looked through for one page, at most

Key = tuple[Any, ...]
Columns = Sequence[Column[Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the key after which the next page begins; None at the end of the list.

    There may be fewer rows than were asked for, or none, before the end: where few rows pass what is looked up in each.
    """

    rows: list[Row]
    next: Key | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A way through a table. ``within`` are conditions that an index leads to, which has the rest in this ``order``;
    ``only`` are values of columns that are looked up in each row, of at most ``window`` rows for a page.

    ``gathered``: by their nature few rows are within (one participant's), so that they are found first, and then put in
    order. ``of``: what is found are rows of this table, whose ``id`` is the one column of the order.
    """

    columns: Columns
    order: Columns
    within: Sequence[ColumnElement[bool]] = ()
    only: Mapping[str, Any] = field(default_factory=dict)
    backwards: bool = False
    gathered: bool = False
    of: FromClause | None = None
    window: int = WINDOW

    def page(self, connection: Connection, after: Key | None, limit: int) -> Page:
        """At most ``limit`` rows after that key (None: from the beginning)."""
        rows = rows_of(connection.execute(self.query(after, limit)))
        if len(rows) > limit:
            return Page(rows[:limit], self.key(rows[limit - 1]))
        whole = self.gathered or not self.only
        return Page(rows, None if whole else _key(connection, self.end(after)))

    def query(self, after: Key | None, limit: int) -> Select[Any]:
        """What is asked for such a page, one row more than it has."""
        if self.gathered:
            source = select(*self.columns).where(*self.within).cte("gathered").prefix_with("MATERIALIZED")
            rows = select(source).where(*self._fitting(source), *self._beyond(source, after))
            return self._in_order(rows, source).limit(limit + 1)
        rows = self._in_order(select(*self.columns).where(*self.within, *self._beyond(None, after)), None)
        if not self.only and self.of is None:
            return rows.limit(limit + 1)
        window = rows.limit(self.window if self.only else limit + 1).subquery("looked_through")
        return self._fitting_of(window).limit(limit + 1)

    def end(self, after: Key | None) -> Select[Any]:
        """What is asked for the key of the last row that is looked through: none where the list ends before."""
        keys = select(*self.order).where(*self.within, *self._beyond(None, after))
        return self._in_order(keys, None).limit(1).offset(self.window - 1)  # keys are in the index, and soon passed

    def _fitting_of(self, window: FromClause) -> Select[Any]:
        """Those of the window that are wanted, or what they stand for."""
        if self.of is None:
            return self._in_order(select(window).where(*self._fitting(window)), window)
        (number,) = self._ordered(window)
        rows = select(*self.of.c, number).join(window, self.of.c.id == number).where(*self._fitting(self.of))
        return self._in_order(rows, window)

    def _beyond(self, source: FromClause | None, after: Key | None) -> Sequence[ColumnElement[bool]]:
        if after is None:
            return ()
        here = tuple_(*self._ordered(source))
        there = tuple_(*(literal(value, column.type) for value, column in zip(after, self.order, strict=True)))
        return (here < there if self.backwards else here > there,)

    def _fitting(self, source: FromClause) -> Sequence[ColumnElement[bool]]:
        return [source.c[name] == value for name, value in self.only.items()]

    def _in_order(self, query: Select[Any], source: FromClause | None) -> Select[Any]:
        ordered = self._ordered(source)
        return query.order_by(*(column.desc() for column in ordered) if self.backwards else ordered)

    def _ordered(self, source: FromClause | None) -> list[ColumnElement[Any]]:
        return [column if source is None else source.c[column.name] for column in self.order]

    def key(self, row: Row) -> Key:
        """Where this row stands in the order."""
        return tuple(row[column.name] for column in self.order)


def _key(connection: Connection, query: Select[Any]) -> Key | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else tuple(row)


def named(**values: Any) -> dict[str, Any]:
    """Those of these that a filter names: "" and None name nothing."""
    return {name: value for name, value in values.items() if value not in ("", None)}
