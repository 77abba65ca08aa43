"""Messages owed: claimed, sent, recorded. What one address is owed goes out in the order it was owed."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    TextClause,
    case,
    func,
    literal,
    select,
    update,
)

from storage.bulk import insert_many, update_many
from storage.claims import (
    DONE,
    DOUBTED,
    MESSAGES,
    NOT_DONE,
    NOT_DONE_THERE,
    OUTBOX,
    QUEUED,
    SENDING,
    UNKNOWN,
    claim,
    first_due,
    standing_in,
)
from storage.doubts import doubted_since
from storage.raw_sql import execute
from storage.statements import chunks, rows_of
from storage.values import Owed, Row

ON_ITS_WAY = timedelta(seconds=15)  # how long a request that was cut off may take to come to the provider
END = "UPDATE outbox SET state = 'done' WHERE message {}"
BEING_SENT = select(func.count()).select_from(OUTBOX).where(NOT_DONE, OUTBOX.c.state == SENDING)
BEFORE: dict[str, Callable[[Owed], Any]] = {  # a claim: what the row held
    "state": lambda one: (DOUBTED if one.doubted else UNKNOWN) if one.was_unknown else QUEUED,
    "attempts": lambda one: one.attempts,
    "first_tried_at": lambda one: one.first_tried_at if one.was_unknown else None,
}


class Outbox:
    """The way out. A row is queued, then sending while somebody sends it, then done. It needs a look first while it is
    unknown (whether a send of ours arrived) or doubted (whether we have forgotten one, by a restore)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def owe(self, rows: Sequence[Row]) -> None:
        """Owe messages (message, channel, address, next_at) in the order given; the message rows exist already.

        For some time after a restore they may have been sent already: they are doubted then (see `storage.doubts`).
        """
        since = doubted_since(self._connection, rows[0]["next_at"]) if rows else None
        doubted = {"state": DOUBTED, "first_tried_at": since} if since else {}
        insert_many(self._connection, OUTBOX, [{**row, **doubted} for row in rows])

    def claim(self, now: datetime, limit: int, channels: Sequence[str], *, look_up: bool = True) -> list[Owed]:
        """Claim at most ``limit`` messages due on these channels, one per address at most; commit before sending.

        A message waits while its campaign stands in error, and while anything owed earlier to its address is not done
        that does not wait so itself. One that is to be looked up does not wait for its campaign, for that is a
        question and no sending, unless ``look_up`` is False. The channels share the limit evenly; what one does not
        need falls to those named after it.
        """
        found: list[Owed] = []
        standing = standing_in(self._connection)
        for place, channel in enumerate(channels):
            share = -(-(limit - len(found)) // (len(channels) - place))
            found += claim(self._connection, channel, now, share, standing, look_up=look_up)
        return found

    def sent_many(self, sent: Sequence[tuple[str, str]], at: datetime) -> None:
        """The provider took these messages (our id, the provider's id), as is known since ``at`` (UTC)."""
        rows = [{"id": message, "provider_id": known_as, "updated_at": at} for message, known_as in sorted(sent)]
        update_many(self._connection, MESSAGES, rows, ("id",))
        self.done_many([message for message, _ in sent])

    def unclaim(self, claimed: Sequence[Owed]) -> None:
        """Nobody has begun to send these: they are as they were before they were claimed."""
        rows = [{"message": one.message, **{name: was(one) for name, was in BEFORE.items()}} for one in claimed]
        update_many(self._connection, OUTBOX, rows, ("message",), also="outbox.state = 'sending'")

    def retry(self, message: str, next_at: datetime) -> None:
        """It surely was not sent: try for the first time again at ``next_at`` (UTC), unless it is done meanwhile."""
        self._give_back(message, QUEUED, next_at, first_tried_at=None)

    def unknown(
        self,
        message: str,
        next_at: datetime,
        looks: int = 0,
        *,
        doubted: bool = False,
        tried_at: datetime | None = None,
    ) -> None:
        """Nobody knows whether it was sent: look at ``next_at`` (UTC), after ``looks`` in vain, which are counted on.

        ``doubted``: by this gateway it surely was not. ``tried_at`` (UTC) is the first try of which that is not known,
        where it is not the one that was. Nothing happens if it is done meanwhile.
        """
        tried = {"first_tried_at": tried_at} if tried_at else {}
        self._give_back(message, DOUBTED if doubted else UNKNOWN, next_at, attempts=looks, **tried)

    def _give_back(self, message: str, state: str, next_at: datetime, **also: Any) -> None:
        claimed = (OUTBOX.c.message == message, OUTBOX.c.state == SENDING)
        self._connection.execute(update(OUTBOX).where(*claimed).values(state=state, next_at=next_at, **also))

    def done(self, message: str) -> None:
        """The message is owed no longer, however it ended."""
        self.done_many([message])

    def done_many(self, messages: Collection[str]) -> None:
        """These messages are owed no longer, however they ended."""
        if messages:
            execute(self._connection, END, messages)

    def settled(self, messages: Collection[str]) -> None:
        """The provider spoke of these messages: those whose sending was unknown are owed no longer."""
        rows = [{"message": message, "state": DONE} for message in messages]
        update_many(self._connection, OUTBOX, rows, ("message",), also="outbox.state IN ('unknown', 'doubted')")

    def cancel(self, communications: Collection[str]) -> list[str]:
        """Messages of these communications that nobody is sending are owed no longer; return their ids in order."""
        cancelled: list[str] = []
        for chunk in chunks(dict.fromkeys(communications)):
            theirs = select(MESSAGES.c.id).where(MESSAGES.c.communication.in_(chunk))
            cancelled += self._cancel(OUTBOX.c.message.in_(theirs))
        return cancelled

    def cancel_address(self, channel: str, address: str) -> list[str]:
        """Messages to this address that nobody is sending are owed no longer; return their ids in order."""
        return self._cancel(NOT_DONE_THERE, OUTBOX.c.channel == channel, OUTBOX.c.address == address)

    def _cancel(self, *which: ColumnElement[bool] | TextClause) -> list[str]:
        unsent = update(OUTBOX).where(OUTBOX.c.state.in_((QUEUED, DOUBTED)), *which).values(state=DONE)
        rows = rows_of(self._connection.execute(unsent.returning(OUTBOX.c.seq, OUTBOX.c.message)))
        return [row["message"] for row in sorted(rows, key=lambda row: int(row["seq"]))]

    def recover(self, now: datetime, channel: str, except_for: Collection[str] = ()) -> int:
        """After a crash or an outage: what this channel was sending is unknown now, to be looked at from ``now`` (UTC),
        ``except_for`` the messages that are being sent at this moment. Return how many there were.

        What was tried before, longer than `ON_ITS_WAY` ago, may have been sent again just now: its look waits as long.
        Only while no other process sends on this channel from this database.
        """
        tried_before = OUTBOX.c.first_tried_at <= now - ON_ITS_WAY
        look_at = case((tried_before, moment(now + ON_ITS_WAY)), else_=moment(now))
        broken = update(OUTBOX).where(NOT_DONE, OUTBOX.c.channel == channel, OUTBOX.c.state == SENDING)
        lost = broken.where(OUTBOX.c.message.not_in(list(except_for)))
        return self._connection.execute(lost.values(state=UNKNOWN, next_at=look_at, attempts=0)).rowcount

    def next_due(self, channels: Sequence[str], *, look_up: bool = True) -> datetime | None:
        """When `claim` on these channels next finds something (UTC), unless others change it; None: not by itself."""
        standing = standing_in(self._connection)
        moments = [first_due(self._connection, channel, standing, look_up=look_up) for channel in channels]
        return min((moment for moment in moments if moment is not None), default=None)

    def doubted_since(self, at: datetime) -> datetime | None:
        """Since when (UTC) we have forgotten what was done, if that puts in doubt what comes to be owed ``at``."""
        return doubted_since(self._connection, at)

    def standing(self) -> list[str]:
        """The campaigns in error, whose messages wait."""
        return [*standing_in(self._connection)]

    def sending_count(self) -> int:
        """How many messages are being sent at this moment."""
        return self._connection.execute(BEING_SENT).scalar_one()

    def owed_count(self) -> int:
        """How many messages are not done."""
        return self._connection.execute(select(func.count()).select_from(OUTBOX).where(NOT_DONE)).scalar_one()


def moment(at: datetime) -> ColumnElement[datetime]:
    """A time as a value for this table."""
    return literal(at, OUTBOX.c.next_at.type)
