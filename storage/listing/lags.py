"""What waits for how long already: the first of each queue, found by its index."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from storage.claims import MESSAGES, NOT_DONE, OUTBOX
from storage.inbox import IN_QUEUE, INBOX, IS_HELD
from storage.statements import rows_in, rows_of


class Lags:
    """Reads the queues for those who watch them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def oldest_waiting(self) -> datetime | None:
        """When the first of the events that wait was received (UTC); None where none does."""
        first = select(INBOX.c.received_at).where(IN_QUEUE).order_by(INBOX.c.id).limit(1)
        return self._connection.execute(first).scalar_one_or_none()

    def held(self) -> int:
        """How many events are held."""
        return self._connection.execute(select(func.count()).select_from(INBOX).where(IS_HELD)).scalar_one()

    def oldest_owed(self) -> dict[str, datetime]:
        """When the oldest message that is still to be sent on each channel was made (UTC)."""
        first = func.min(OUTBOX.c.seq).label("seq")
        firsts = rows_of(self._connection.execute(select(first).where(NOT_DONE).group_by(OUTBOX.c.channel)))
        query = select(OUTBOX.c.channel, MESSAGES.c.created_at).join(MESSAGES, MESSAGES.c.id == OUTBOX.c.message)
        rows = rows_in(self._connection, query, OUTBOX.c.seq, [row["seq"] for row in firsts])
        return {row["channel"]: row["created_at"] for row in rows}
