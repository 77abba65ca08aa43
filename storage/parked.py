"""Events that were put aside: found, told, taken back or dropped."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select, text, update

from storage.models import Inbox as InboxRow
from storage.statements import chunks, one_row, rows_in, rows_of, table_of
from storage.values import Row

INBOX = table_of(InboxRow)
IS_PARKED = text("inbox.state = 'parked'")  # a literal, or the partial index can't be used
PAGE = 500
COLUMNS = (
    INBOX.c.id,
    INBOX.c.key,
    INBOX.c.kind,
    INBOX.c.lane,
    INBOX.c.payload,
    INBOX.c.attempts,
    INBOX.c.error,
    INBOX.c.received_at,
    INBOX.c.decided_at,
)


class Parked:
    """What could not be decided. ``decided_at`` of an event is when it was parked, or dropped."""

    def __init__(self, connection: Connection, left: set[int]) -> None:
        """``left`` comes to hold every shard in which events are left to be decided."""
        self._connection = connection
        self._left = left

    def count(self) -> int:
        """How many there are."""
        return self._connection.execute(select(func.count()).select_from(INBOX).where(IS_PARKED)).scalar_one()

    def after(self, number: int, *, kind: str = "", since: datetime | None = None, limit: int = PAGE) -> list[Row]:
        """One page of them, oldest first, those after this number: of this kind ("": of any), received at ``since``
        (UTC) or later."""
        query = select(*COLUMNS).where(IS_PARKED, INBOX.c.id > number)
        if kind:
            query = query.where(INBOX.c.kind == kind)
        if since is not None:
            query = query.where(INBOX.c.received_at >= since)
        return rows_of(self._connection.execute(query.order_by(INBOX.c.id).limit(limit)))

    def get(self, number: int) -> Row | None:
        """The event of this number in whatever state, which is told, too; None where there is none."""
        return one_row(self._connection.execute(select(*COLUMNS, INBOX.c.state).where(INBOX.c.id == number)))

    def these(self, numbers: Collection[int]) -> dict[int, Row]:
        """The parked ones of these events, by their numbers."""
        rows = rows_in(self._connection, select(*COLUMNS).where(IS_PARKED), INBOX.c.id, numbers)
        return {row["id"]: row for row in rows}

    def take_back(self, numbers: Collection[int]) -> None:
        """They wait to be decided, as if nobody had tried, in the place in their lanes that their numbers give them."""
        rows = rows_in(self._connection, select(INBOX.c.shard).where(IS_PARKED), INBOX.c.id, numbers)
        self._left.update(row["shard"] for row in rows)
        self._change(numbers, {"state": "waiting", "attempts": 0, "error": "", "decided_at": None})

    def drop(self, number: int, error: str, at: datetime) -> None:
        """It will never be decided; ``error`` says who says so, and why it was parked."""
        self._change([number], {"state": "dropped", "error": error, "decided_at": at})

    def _change(self, numbers: Collection[int], values: Row) -> None:
        for chunk in chunks(numbers):
            self._connection.execute(update(INBOX).where(IS_PARKED, INBOX.c.id.in_(chunk)).values(**values))
