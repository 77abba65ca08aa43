"""Events and what was decided for them, the latest first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, TextClause, func, select, text

from storage.listing.pages import Key, Page, Walk, named
from storage.models import Decision, Inbox
from storage.statements import by, one_row, rows_in, rows_of, table_of
from storage.values import Row

INBOX, DECISIONS = table_of(Inbox), table_of(Decision)
QUEUES: Mapping[str, TextClause] = {  # as the partial indexes say it
    "waiting": text("inbox.state = 'waiting' AND inbox.key <> ''"),
    "parked": text("inbox.state = 'parked'"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsWanted:
    """Which ones: "" names nothing. Of a ``customer``: those that were decided to be about them."""

    state: str = ""
    kind: str = ""
    customer: str = ""

    @property
    def walk(self) -> Walk:
        """The latest first."""
        if self.customer:
            return self._of_customer
        queue: list[Any] = [QUEUES[self.state]] if self.state in QUEUES else []
        only = {name: value for name, value in self._only.items() if not queue or name != "state"}
        return Walk(columns=list(INBOX.c), order=[INBOX.c.id], within=queue, only=only, backwards=True)

    @property
    def _of_customer(self) -> Walk:
        there = [DECISIONS.c.customer == self.customer]
        number = [DECISIONS.c.event]
        return Walk(columns=number, order=number, within=there, only=self._only, backwards=True, of=INBOX)

    @property
    def _only(self) -> dict[str, Any]:
        return named(kind=self.kind, state=self.state)


class EventList:
    """Reads them for others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, wanted: EventsWanted, after: Key | None, limit: int) -> Page:
        """One page of those wanted; a key is (number)."""
        return wanted.walk.page(self._connection, after, limit)

    def get(self, number: int) -> Row | None:
        """The event of this number in whatever state, or None."""
        return one_row(self._connection.execute(select(INBOX).where(INBOX.c.id == number)))

    def after(self, number: int, limit: int) -> list[Row]:
        """At most so many of those with a higher number, in their order. On PostgreSQL one with a lower number may be
        committed later than one with a higher one."""
        query = select(INBOX).where(INBOX.c.id > number).order_by(INBOX.c.id).limit(limit)
        return rows_of(self._connection.execute(query))

    def those(self, numbers: Collection[int]) -> list[Row]:
        """Those of these numbers that there are, in their order."""
        rows = rows_in(self._connection, select(INBOX), INBOX.c.id, numbers)
        return sorted(rows, key=_number)

    def undecided(self, lane: str, limit: int) -> list[Row]:
        """The first events of a lane that wait, are held or are parked, at most so many of each."""
        open_ones = (text(f"inbox.state = '{state}'") for state in ("waiting", "held", "parked"))
        queries = (
            select(INBOX).where(state, INBOX.c.lane == lane).order_by(INBOX.c.id).limit(limit) for state in open_ones
        )
        return sorted((row for query in queries for row in rows_of(self._connection.execute(query))), key=_number)

    def last(self) -> int:
        """The highest number; 0 where there are none."""
        return self._connection.execute(select(func.max(INBOX.c.id))).scalar_one() or 0

    def decisions(self, events: Collection[int]) -> dict[int, Row]:
        """What was decided for each of these events that is."""
        return by("event", rows_in(self._connection, select(DECISIONS), DECISIONS.c.event, events))


def _number(row: Row) -> int:
    return int(row["id"])
