"""Every message, in and out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, text

from storage.bulk import Names, insert_many, read_many, update_many
from storage.models import Message, Outbox
from storage.statements import by, rows_in, rows_of, table_of
from storage.values import Row

MESSAGES, OUTBOX = table_of(Message), table_of(Outbox)
IS_UNSETTLED = text("message.direction = 'out' AND message.status IN ('accepted', 'queued', 'sending', 'sent')")
SAID_BY_US = text("message.direction = 'out'")  # a literal, or the partial index can't be used
IN_THREAD = text("message.thread <> ''")
OURS, KNOWN = "message.direction = 'out'", "message.provider_id <> ''"
Span = tuple[datetime, datetime]
PAGE = 500


class Messages:
    """What was said, and how far what we said has come. A status only moves up in rank."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_ids(self, ids: Collection[str], names: Names = ()) -> dict[str, Row]:
        """The messages that exist, by our id; of their columns those of these names (none: all)."""
        return by("id", read_many(self._connection, MESSAGES, "id", ids, names=names))

    def by_provider(self, channel: str, provider_ids: Collection[str], names: Names = ()) -> dict[str, Row]:
        """The messages of a channel that a provider knows under these ids, by the provider's id; of their columns those
        of these names (none: all)."""
        known = read_many(self._connection, MESSAGES, "provider_id", provider_ids, KNOWN, names, channel=channel)
        return by("provider_id", known)

    def of_communications(self, communications: Collection[str], names: Names = ()) -> dict[str, Row]:
        """What we said in these communications, by our id; of the columns those of these names (none: all)."""
        return by("id", read_many(self._connection, MESSAGES, "communication", communications, OURS, names))

    def of_customers(self, customers: Collection[str]) -> list[Row]:
        """Everything said to and by these customers, in no order."""
        return read_many(self._connection, MESSAGES, "customer", customers)

    def provider_ids(self, channel: str, address: str, since: datetime, thread: str = "") -> frozenset[str]:
        """The provider's ids of what we said to this address, and to anybody in this thread ("": in none), of all that
        was owed or changed after ``since`` (UTC)."""
        to = MESSAGES.c.address == address
        query = select(MESSAGES.c.provider_id).where(
            SAID_BY_US,
            MESSAGES.c.channel == channel,
            or_(to, and_(IN_THREAD, MESSAGES.c.thread == thread)) if thread else to,
            MESSAGES.c.provider_id != "",
            MESSAGES.c.updated_at >= since,
        )
        return frozenset(self._connection.execute(query).scalars())

    def unsettled(self, channel: str, spans: Collection[Span], after: str = "", limit: int = PAGE) -> list[Row]:
        """One page of what this channel's provider took and has not said the last word of, changed last in one of these
        spans (after the first moment, UTC, up to the second): id and provider_id, by id, those after ``after``."""
        within = [and_(MESSAGES.c.updated_at > start, MESSAGES.c.updated_at <= end) for start, end in spans]
        query = select(MESSAGES.c.id, MESSAGES.c.provider_id).where(
            IS_UNSETTLED,
            MESSAGES.c.channel == channel,
            MESSAGES.c.provider_id != "",
            MESSAGES.c.id > after,
            or_(*within),
        )
        return rows_of(self._connection.execute(query.order_by(MESSAGES.c.id).limit(limit)))

    def last_said(self, communications: Collection[str]) -> dict[str, str]:
        """The id of the last message we owed in each of these communications, by communication."""
        query = select(MESSAGES.c.communication, MESSAGES.c.id).join(OUTBOX, OUTBOX.c.message == MESSAGES.c.id)
        in_order = query.order_by(OUTBOX.c.seq)
        rows = rows_in(self._connection, in_order, MESSAGES.c.communication, communications)
        return {row["communication"]: row["id"] for row in rows}

    def known_threads(self, threads: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the (channel, thread) pairs in which a message was kept before; none of "", which is no thread."""
        query = select(MESSAGES.c.channel, MESSAGES.c.thread).where(IN_THREAD).distinct()
        rows = rows_in(self._connection, query, MESSAGES.c.thread, [thread for _, thread in threads])
        return {(row["channel"], row["thread"]) for row in rows} & set(threads)

    def add(self, rows: Sequence[Row]) -> None:
        """Add messages; an id that exists is a `Conflict`."""
        insert_many(self._connection, MESSAGES, rows)

    def save_status(self, rows: Sequence[Row]) -> None:
        """Apply (id, status, rank, error, updated_at) to messages of a lower rank; others stay as they are."""
        highest: dict[str, Row] = {}
        for row in rows:
            if row["id"] not in highest or row["rank"] > highest[row["id"]]["rank"]:
                highest[row["id"]] = row
        update_many(self._connection, MESSAGES, list(highest.values()), ("id",), also="message.rank < {rank}")

    def record_providers(self, known_as: Mapping[str, str]) -> None:
        """Providers know messages of ours (ids) under these ids of theirs."""
        rows = [{"id": message, "provider_id": provider_id} for message, provider_id in known_as.items()]
        update_many(self._connection, MESSAGES, rows, ("id",))
