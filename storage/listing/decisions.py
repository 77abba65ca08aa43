"""Decisions with the events that they were made for, the latest decision first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Subquery, literal, select, tuple_

from storage.listing.pages import WINDOW, Key, Page
from storage.models import Decision, Inbox
from storage.statements import rows_of, table_of

DECISIONS, INBOX = table_of(Decision), table_of(Inbox)
ORDER = (DECISIONS.c.decided_at, DECISIONS.c.event)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsWanted:
    """Which ones: "" and None name nothing; those made at ``since`` or later and before ``until`` (UTC)."""

    customer: str = ""
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


class DecisionList:
    """Reads them for others."""

    def __init__(self, connection: Connection, window: int = WINDOW) -> None:
        """At most ``window`` decisions are looked through for one page."""
        self._connection, self._window = connection, window

    def page(self, wanted: DecisionsWanted, after: Key | None, limit: int) -> Page:
        """One page of those wanted; a key is (when it was decided, number of the event). Each row is a decision with
        ``kind`` and ``received_at`` of its event."""
        window = looked_through(wanted, after, self._window).subquery("looked_through")
        rows = rows_of(self._connection.execute(fitting(wanted, window).limit(limit + 1)))
        if len(rows) > limit:
            return Page(rows[:limit], (rows[limit - 1]["decided_at"], rows[limit - 1]["event"]))
        last = self._connection.execute(end(window, self._window)).one_or_none()
        return Page(rows, None if last is None else tuple(last))


def looked_through(wanted: DecisionsWanted, after: Key | None, window: int) -> Select[Any]:
    """So many decisions of the time that is wanted, after that key; a customer's are few, and are found first."""
    theirs = select(DECISIONS).where(DECISIONS.c.customer == wanted.customer)
    source = theirs.cte("gathered").prefix_with("MATERIALIZED") if wanted.customer else DECISIONS
    query = select(source).where(*_span(wanted, source))
    if after is not None:
        there = (literal(value, column.type) for value, column in zip(after, ORDER, strict=True))
        query = query.where(tuple_(*_ordered(source)) < tuple_(*there))
    return _latest_first(query, source).limit(window)


def fitting(wanted: DecisionsWanted, window: Subquery) -> Select[Any]:
    """Those of the window that are wanted."""
    query = select(window, INBOX.c.kind, INBOX.c.received_at).join(INBOX, INBOX.c.id == window.c.event)
    return _latest_first(query.where(INBOX.c.kind == wanted.kind) if wanted.kind else query, window)


def end(looked_through: FromClause, window: int) -> Select[Any]:
    """The key of the last one that is looked through: none where the list ends before."""
    return _latest_first(select(*_ordered(looked_through)), looked_through).limit(1).offset(window - 1)


def _span(wanted: DecisionsWanted, source: FromClause) -> list[ColumnElement[bool]]:
    since = [] if wanted.since is None else [source.c.decided_at >= wanted.since]
    return since if wanted.until is None else [*since, source.c.decided_at < wanted.until]


def _latest_first(query: Select[Any], source: FromClause) -> Select[Any]:
    return query.order_by(*(column.desc() for column in _ordered(source)))


def _ordered(source: FromClause) -> Sequence[ColumnElement[Any]]:
    return [source.c[column.name] for column in ORDER]
