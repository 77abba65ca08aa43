"""What was decided for each event, and why."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from storage.bulk import insert_many
from storage.models import Decision, Inbox
from storage.statements import rows_in, rows_of, table_of
from storage.values import Row

DECISIONS, INBOX = table_of(Decision), table_of(Inbox)
WITH_EVENT = select(DECISIONS, INBOX.c.key, INBOX.c.kind, INBOX.c.received_at).join(
    INBOX, INBOX.c.id == DECISIONS.c.event
)


class Decisions:
    """One decision per event, written in the transaction that makes its effects true.

    Of those who read, all but `applied` are told each decision with its event's key, kind and received_at.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[Row]) -> None:
        """Keep these decisions; a second one for an event is a `Conflict`."""
        insert_many(self._connection, DECISIONS, rows)

    def applied(self, events: Collection[int]) -> dict[int, str]:
        """What became of those of these events that are decided."""
        query = select(DECISIONS.c.event, DECISIONS.c.applied)
        return {row["event"]: row["applied"] for row in rows_in(self._connection, query, DECISIONS.c.event, events)}

    def history(self, after: int, limit: int) -> list[Row]:
        """Decisions of events with a greater number than ``after``, in order, with the event's payload."""
        query = WITH_EVENT.add_columns(INBOX.c.payload).where(DECISIONS.c.event > after)
        return self._rows(query.order_by(DECISIONS.c.event).limit(limit))

    def of_events(self, numbers: Collection[int]) -> list[Row]:
        """Those of these events, in no order."""
        return rows_in(self._connection, WITH_EVENT, DECISIONS.c.event, numbers)

    def of_keys(self, keys: Collection[str]) -> list[Row]:
        """Those of the events of these keys, in no order."""
        return rows_in(self._connection, WITH_EVENT, INBOX.c.key, keys)

    def of_customer(self, customer: str, before: int | None, limit: int) -> list[Row]:
        """Those about a customer, of events with a lower number than ``before`` (None: of all), the latest first."""
        query = WITH_EVENT.where(DECISIONS.c.customer == customer)
        query = query if before is None else query.where(DECISIONS.c.event < before)
        return self._rows(query.order_by(DECISIONS.c.event.desc()).limit(limit))

    def of_customer_since(self, customer: str, first: int, since: datetime, limit: int) -> list[Row]:
        """Those about a customer, of events with the number ``first`` or a higher one, that were made at ``since``
        (UTC) or later, in order."""
        theirs = WITH_EVENT.where(DECISIONS.c.customer == customer, DECISIONS.c.event >= first)
        return self._rows(theirs.where(DECISIONS.c.decided_at >= since).order_by(DECISIONS.c.event).limit(limit))

    def first_at(self, customer: str, at: datetime) -> int | None:
        """The lowest number of an event about a customer that was decided at this very moment (UTC)."""
        query = select(func.min(DECISIONS.c.event))
        query = query.where(DECISIONS.c.customer == customer, DECISIONS.c.decided_at == at)
        first: int | None = self._connection.execute(query).scalar_one()
        return first

    def stretch(
        self, after: int, last: int | None, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Row]:
        """Those of events with numbers above ``after`` and up to ``last``, made at ``since`` or later and before
        ``until`` (UTC), in order; None sets no bound."""
        query = WITH_EVENT.where(DECISIONS.c.event > after)
        query = query if last is None else query.where(DECISIONS.c.event <= last)
        query = query if since is None else query.where(DECISIONS.c.decided_at >= since)
        query = query if until is None else query.where(DECISIONS.c.decided_at < until)
        return self._rows(query.order_by(DECISIONS.c.event).limit(limit))

    def numbers(self, since: datetime | None, until: datetime | None) -> tuple[int, int] | None:
        """The lowest and the highest number of the events decided at ``since`` or later and before ``until`` (UTC);
        None where none is."""
        query = select(func.min(DECISIONS.c.event), func.max(DECISIONS.c.event))
        query = query if since is None else query.where(DECISIONS.c.decided_at >= since)
        query = query if until is None else query.where(DECISIONS.c.decided_at < until)
        lowest, highest = self._connection.execute(query).one()
        return None if lowest is None else (lowest, highest)

    def _rows(self, query: Select[Any]) -> list[Row]:
        return rows_of(self._connection.execute(query))
