"""Messages owed: claimed, sent, recorded. What one address is owed goes out in the order it was owed."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TextClause,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)

from storage.campaigns import ERROR
from storage.doubts import doubted_since
from storage.models import Campaign, Communication, Message, OptOut
from storage.models import Outbox as OutboxRow
from storage.statements import add_rows, chunks, rows_of, table_of
from storage.values import Owed, Row

OUTBOX, MESSAGES, OPT_OUTS = table_of(OutboxRow), table_of(Message), table_of(OptOut)
CAMPAIGNS, COMMUNICATIONS = table_of(Campaign), table_of(Communication)
EARLIER, EARLIER_MESSAGES, OWN = OUTBOX.alias("earlier"), MESSAGES.alias("earlier_message"), MESSAGES.alias("own")
QUEUED, SENDING, UNKNOWN, DOUBTED, DONE = "queued", "sending", "unknown", "doubted", "done"
LOOKED_UP = (UNKNOWN, DOUBTED)  # at the provider, before anything of theirs is sent
ON_ITS_WAY = timedelta(seconds=15)  # how long a request that was cut off may take to come to the provider

NOT_DONE = text("outbox.state <> 'done'")  # literals, or the partial indexes can't be used
EARLIER_NOT_DONE = text("earlier.state <> 'done'")
OWED_EARLIER = select(EARLIER.c.seq).where(
    EARLIER_NOT_DONE,
    EARLIER.c.channel == OUTBOX.c.channel,
    EARLIER.c.address == OUTBOX.c.address,
    EARLIER.c.seq < OUTBOX.c.seq,
)
OPTED_OUT = exists(
    select(OPT_OUTS.c.address).where(OPT_OUTS.c.channel == OUTBOX.c.channel, OPT_OUTS.c.address == OUTBOX.c.address)
)
WITHDRAWN = exists(
    select(COMMUNICATIONS.c.id).where(
        COMMUNICATIONS.c.id == MESSAGES.c.communication,
        COMMUNICATIONS.c.is_open.is_(False),
        COMMUNICATIONS.c.status != "completed",
    )
)
CLAIM_COLUMNS = (
    OUTBOX.c.message,
    OUTBOX.c.channel,
    OUTBOX.c.address,
    OUTBOX.c.state,
    OUTBOX.c.attempts,
    OUTBOX.c.first_tried_at,
    MESSAGES.c.thread,
    MESSAGES.c.text,
    MESSAGES.c.choices,
    MESSAGES.c.campaign,
    MESSAGES.c.communication,
    MESSAGES.c.status,
    MESSAGES.c.provider_id,
    MESSAGES.c.created_at,
    OPTED_OUT.label("opted_out"),
    WITHDRAWN.label("withdrawn"),
)

Conditions = tuple[ColumnElement[bool] | TextClause, ...]


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
        add_rows(self._connection, OUTBOX, [{**row, **doubted} for row in rows])

    def claim(self, now: datetime, limit: int, channels: Sequence[str], *, look_up: bool = True) -> list[Owed]:
        """Claim at most ``limit`` messages due on these channels, one per address at most; commit before sending.

        A message waits while its campaign stands in error, and while anything owed earlier to its address is not done
        that does not wait so itself. One that is to be looked up does not wait for its campaign, for that is a
        question and no sending, unless ``look_up`` is False. The channels share the limit evenly; what one does not
        need falls to those named after it.
        """
        found: list[Row] = []
        standing = self.standing()
        for place, channel in enumerate(channels):
            share = -(-(limit - len(found)) // (len(channels) - place))
            found += self._due(now, share, channel, claimable(standing, look_up))
        self._mark_sending([row["message"] for row in found], now)
        return [owed(row, now, standing) for row in found]

    def _due(self, now: datetime, limit: int, channel: str, which: Conditions) -> list[Row]:
        query = (
            select(*CLAIM_COLUMNS)
            .join(MESSAGES, MESSAGES.c.id == OUTBOX.c.message)
            .where(OUTBOX.c.channel == channel, OUTBOX.c.next_at <= now, *which)
        )
        first = query.order_by(OUTBOX.c.next_at, OUTBOX.c.seq).limit(limit)
        return rows_of(self._connection.execute(first.with_for_update(of=OUTBOX, skip_locked=True)))

    def _mark_sending(self, messages: list[str], now: datetime) -> None:
        first = func.coalesce(OUTBOX.c.first_tried_at, moment(now))
        for chunk in chunks(messages):
            claimed = update(OUTBOX).where(OUTBOX.c.message.in_(chunk))
            self._connection.execute(
                claimed.values(state=SENDING, attempts=OUTBOX.c.attempts + 1, first_tried_at=first)
            )

    def sent_many(self, sent: Sequence[tuple[str, str]], at: datetime) -> None:
        """The provider took these messages (our id, the provider's id), as is known since ``at`` (UTC)."""
        if sent:
            known = update(MESSAGES).where(MESSAGES.c.id == bindparam("of"))
            known = known.values(provider_id=bindparam("known_as"), updated_at=moment(at))
            self._connection.execute(known, [{"of": message, "known_as": name} for message, name in sent])
            self.done_many([message for message, _ in sent])

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
            change = update(OUTBOX).where(OUTBOX.c.message == bindparam("of")).values(state=DONE)
            self._connection.execute(change, [{"of": message} for message in messages])

    def settled(self, messages: Collection[str]) -> None:
        """The provider spoke of these messages: those whose sending was unknown are owed no longer."""
        if messages:
            looked_up = or_(*(OUTBOX.c.state == state for state in LOOKED_UP))  # no IN where many are changed at once
            change = update(OUTBOX).where(OUTBOX.c.message == bindparam("of"), looked_up)
            self._connection.execute(change.values(state=DONE), [{"of": message} for message in messages])

    def cancel(self, communications: Collection[str]) -> list[str]:
        """Messages of these communications that nobody is sending are owed no longer; return their ids in order."""
        cancelled: list[str] = []
        for chunk in chunks(dict.fromkeys(communications)):
            theirs = select(MESSAGES.c.id).where(MESSAGES.c.communication.in_(chunk))
            cancelled += self._cancel(OUTBOX.c.message.in_(theirs))
        return cancelled

    def cancel_address(self, channel: str, address: str) -> list[str]:
        """Messages to this address that nobody is sending are owed no longer; return their ids in order."""
        return self._cancel(OUTBOX.c.channel == channel, OUTBOX.c.address == address)

    def _cancel(self, *which: ColumnElement[bool]) -> list[str]:
        unsent = update(OUTBOX).where(NOT_DONE, OUTBOX.c.state.in_((QUEUED, DOUBTED)), *which).values(state=DONE)
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
        which = claimable(self.standing(), look_up)
        moments = [self._connection.execute(first_due(channel, which)).scalar_one_or_none() for channel in channels]
        return min((moment for moment in moments if moment is not None), default=None)

    def doubted_since(self, at: datetime) -> datetime | None:
        """Since when (UTC) we have forgotten what was done, if that puts in doubt what comes to be owed ``at``."""
        return doubted_since(self._connection, at)

    def standing(self) -> list[str]:
        """The campaigns in error, whose messages wait. Nearly always none: asked first, so that the query that follows
        stays simple."""
        query = select(CAMPAIGNS.c.name).where(CAMPAIGNS.c.status == ERROR)
        return list(self._connection.execute(query).scalars())

    def sending_count(self) -> int:
        """How many messages are being sent at this moment."""
        query = select(func.count()).select_from(OUTBOX).where(NOT_DONE, OUTBOX.c.state == SENDING)
        return self._connection.execute(query).scalar_one()

    def owed_count(self) -> int:
        """How many messages are not done."""
        return self._connection.execute(select(func.count()).select_from(OUTBOX).where(NOT_DONE)).scalar_one()


def claimable(standing: Sequence[str], look_up: bool) -> Conditions:
    """What may be sent while the messages of the campaigns ``standing`` wait, all of them or (``look_up``) those that
    are to be sent and nothing else."""
    waiting = (NOT_DONE, OUTBOX.c.state.in_((QUEUED, *LOOKED_UP)))
    if not standing:
        return *waiting, ~exists(OWED_EARLIER)
    stands = and_(EARLIER.c.state == QUEUED, EARLIER_MESSAGES.c.campaign.in_(standing))
    earlier = OWED_EARLIER.join(EARLIER_MESSAGES, EARLIER_MESSAGES.c.id == EARLIER.c.message).where(~stands)
    theirs = exists(select(OWN.c.id).where(OWN.c.id == OUTBOX.c.message, OWN.c.campaign.in_(standing)))
    waits = and_(OUTBOX.c.state == QUEUED, theirs) if look_up else theirs
    return *waiting, ~waits, ~exists(earlier)


def moment(at: datetime) -> ColumnElement[datetime]:
    """A time as a value for this table."""
    return literal(at, OUTBOX.c.next_at.type)


def first_due(channel: str, which: Conditions) -> Select[Any]:
    of_channel = select(OUTBOX.c.next_at).where(OUTBOX.c.channel == channel, *which)
    return of_channel.order_by(OUTBOX.c.next_at).limit(1)


def owed(row: Row, now: datetime, standing: Collection[str]) -> Owed:
    """A claimed row as the sender sees it."""
    state, tried, made = row["state"], row["first_tried_at"] or now, row["created_at"]
    values = {**row, "was_unknown": state in LOOKED_UP, "doubted": state == DOUBTED, "choices": tuple(row["choices"])}
    values |= {"first_tried_at": tried, "redone": tried < made, "stands": row["campaign"] in standing}
    values |= {name: bool(row[name]) for name in ("opted_out", "withdrawn")}
    del values["state"], values["created_at"]
    return Owed(**values)
