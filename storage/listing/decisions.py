"""Decisions with the events that they were made for, the latest event first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Subquery, func, select

from storage.listing.pages import WINDOW, Key, Page
from storage.models import Decision, Inbox
from storage.statements import rows_of, table_of

DECISIONS, INBOX = table_of(Decision), table_of(Inbox)


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
        """One page of those wanted; a key is (number of the event). Each row is a decision with ``kind`` and
        ``received_at`` of its event."""
        window = looked_through(wanted, after, self._window).subquery("looked_through")
        rows = rows_of(self._connection.execute(fitting(wanted, window).limit(limit + 1)))
        if len(rows) > limit:
            return Page(rows[:limit], (rows[limit - 1]["event"],))
        last, seen = self._connection.execute(select(func.min(window.c.event), func.count()).select_from(window)).one()
        return Page(rows, None if seen < self._window else (last,))


def looked_through(wanted: DecisionsWanted, after: Key | None, window: int) -> Select[Any]:
    """So many decisions after that key; a customer's are few, and are found first."""
    theirs = select(DECISIONS).where(DECISIONS.c.customer == wanted.customer)
    source = theirs.cte("gathered").prefix_with("MATERIALIZED") if wanted.customer else DECISIONS
    query = select(source).order_by(source.c.event.desc()).limit(window)
    return query if after is None else query.where(source.c.event < after[0])


def fitting(wanted: DecisionsWanted, window: Subquery) -> Select[Any]:
    """Those of the window that are wanted."""
    query = select(window, INBOX.c.kind, INBOX.c.received_at).join(INBOX, INBOX.c.id == window.c.event)
    if wanted.since is not None:
        query = query.where(window.c.decided_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(window.c.decided_at < wanted.until)
    if wanted.kind:
        query = query.where(INBOX.c.kind == wanted.kind)
    return query.order_by(window.c.event.desc())
