"""What was decided for each event, and why."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from storage.models import Decision, Inbox
from storage.statements import add_rows, rows_in, rows_of, table_of
from storage.values import Row

DECISIONS, INBOX = table_of(Decision), table_of(Inbox)


class Decisions:
    """One decision per event, written in the transaction that makes its effects true."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[Row]) -> None:
        """Keep these decisions; a second one for an event is a `Conflict`."""
        add_rows(self._connection, DECISIONS, rows)

    def applied(self, events: Collection[int]) -> dict[int, str]:
        """What became of those of these events that are decided."""
        query = select(DECISIONS.c.event, DECISIONS.c.applied)
        return {row["event"]: row["applied"] for row in rows_in(self._connection, query, DECISIONS.c.event, events)}

    def history(self, after: int, limit: int) -> list[Row]:
        """Decisions of events with a greater id than ``after``, in order, with the event's key, kind and payload."""
        query = (
            select(DECISIONS, INBOX.c.key, INBOX.c.kind, INBOX.c.payload)
            .join(INBOX, INBOX.c.id == DECISIONS.c.event)
            .where(DECISIONS.c.event > after)
        )
        return rows_of(self._connection.execute(query.order_by(DECISIONS.c.event).limit(limit)))
