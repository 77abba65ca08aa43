"""What may be claimed of what is owed, and how it is claimed."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    TextClause,
    and_,
    exists,
    select,
    text,
)

from storage.campaigns import ERROR
from storage.models import Campaign, Communication, Message, OptOut
from storage.models import Outbox as OutboxRow
from storage.raw_sql import CompiledQuery, execute, parameter
from storage.statements import table_of
from storage.types import EPOCH, MICROSECOND
from storage.values import Owed

OUTBOX, MESSAGES, OPT_OUTS = table_of(OutboxRow), table_of(Message), table_of(OptOut)
CAMPAIGNS, COMMUNICATIONS = table_of(Campaign), table_of(Communication)
EARLIER, EARLIER_MESSAGES, OWN = OUTBOX.alias("earlier"), MESSAGES.alias("earlier_message"), MESSAGES.alias("own")
QUEUED, SENDING, UNKNOWN, DOUBTED, DONE = "queued", "sending", "unknown", "doubted", "done"
NONE = "[]"  # choices, as they are stored
LOOKED_UP = (UNKNOWN, DOUBTED)  # at the provider, before anything of theirs is sent

# As the partial indexes say it: the first is in the order of time, the other two are by address. Who asks for a message
# by its id says neither: PostgreSQL, which learns late how much is owed, would rather read all of that.
NOT_DONE = text("outbox.state <> 'done' AND outbox.attempts >= 0")
NOT_DONE_THERE = text("outbox.state <> 'done' AND outbox.channel <> ''")
EARLIER_NOT_DONE = text("earlier.state <> 'done' AND earlier.channel <> ''")
FIRST_OWED = (  # to one address; what is at most that is it, and PostgreSQL expects a third to be, not one in millions
    select(EARLIER.c.seq)
    .where(EARLIER_NOT_DONE, EARLIER.c.channel == OUTBOX.c.channel, EARLIER.c.address == OUTBOX.c.address)
    .order_by(EARLIER.c.seq)
    .limit(1)
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

MARK = (
    "UPDATE outbox SET state = 'sending', attempts = attempts + 1, first_tried_at = coalesce(first_tried_at, {}) "
    "WHERE message {}"
)
STANDING = CompiledQuery(select(CAMPAIGNS.c.name).where(CAMPAIGNS.c.status == ERROR))
KNOWN_QUERIES = 16  # for so many sets of campaigns that stand in error

Conditions = tuple[ColumnElement[bool] | TextClause, ...]
Standing = tuple[str, ...]


def standing_in(connection: Connection) -> Standing:
    """The campaigns in error, whose messages wait. Nearly always none: asked first, so that the query that follows
    stays simple."""
    return tuple(sorted(name for (name,) in STANDING.fetch(connection)))


def claim(
    connection: Connection, channel: str, now: datetime, limit: int, standing: Standing, *, look_up: bool
) -> list[Owed]:
    """Claim what is due on one channel."""
    found = due(standing, look_up).fetch(connection, of=channel, at=stored(now), most=limit)
    if found:
        execute(connection, MARK, stored(now), [row[0] for row in found])
    return [owed(row, now, standing) for row in found]


def first_due(connection: Connection, channel: str, standing: Standing, *, look_up: bool) -> datetime | None:
    """When there is something to claim on a channel (UTC)."""
    found = first(standing, look_up).fetch(connection, of=channel)
    return EPOCH + found[0][0] * MICROSECOND if found else None


@lru_cache(KNOWN_QUERIES)
def due(standing: Standing, look_up: bool) -> CompiledQuery:
    """``most`` messages ``of`` a channel that are due ``at`` a moment."""
    theirs = (
        OUTBOX.c.channel == parameter("of", OUTBOX.c.channel),
        OUTBOX.c.next_at <= parameter("at", OUTBOX.c.next_at),
    )
    of_channel = select(*CLAIM_COLUMNS).join(MESSAGES, MESSAGES.c.id == OUTBOX.c.message)
    query = of_channel.where(*theirs, *claimable(standing, look_up)).order_by(OUTBOX.c.next_at, OUTBOX.c.seq)
    return CompiledQuery(query.limit(parameter("most", OUTBOX.c.attempts)).with_for_update(of=OUTBOX, skip_locked=True))


@lru_cache(KNOWN_QUERIES)
def first(standing: Standing, look_up: bool) -> CompiledQuery:
    """The first moment at which something ``of`` a channel is due."""
    of_channel = select(OUTBOX.c.next_at).where(
        OUTBOX.c.channel == parameter("of", OUTBOX.c.channel), *claimable(standing, look_up)
    )
    return CompiledQuery(of_channel.order_by(OUTBOX.c.next_at).limit(1))


def claimable(standing: Sequence[str], look_up: bool) -> Conditions:
    """What may be sent while the messages of the campaigns ``standing`` wait, all of them or (``look_up``) those that
    are to be sent and nothing else."""
    waiting = (NOT_DONE, OUTBOX.c.state.in_((QUEUED, *LOOKED_UP)))
    if not standing:
        return *waiting, OUTBOX.c.seq <= FIRST_OWED.scalar_subquery()
    stands = and_(EARLIER.c.state == QUEUED, EARLIER_MESSAGES.c.campaign.in_(standing))
    first = FIRST_OWED.join(EARLIER_MESSAGES, EARLIER_MESSAGES.c.id == EARLIER.c.message).where(~stands)
    theirs = exists(select(OWN.c.id).where(OWN.c.id == OUTBOX.c.message, OWN.c.campaign.in_(standing)))
    waits = and_(OUTBOX.c.state == QUEUED, theirs) if look_up else theirs
    return *waiting, ~waits, OUTBOX.c.seq <= first.scalar_subquery()


def owed(row: Sequence[Any], now: datetime, standing: Collection[str]) -> Owed:
    """A claimed row, as the database tells `CLAIM_COLUMNS`, as the sender sees it."""
    message, channel, address, state, attempts, tried, thread, words, choices, campaign, *rest = row
    communication, status, provider_id, made, opted_out, withdrawn = rest
    return Owed(
        message=message,
        channel=channel,
        address=address,
        thread=thread,
        text=words,
        choices=tuple(json.loads(choices)) if choices != NONE else (),
        attempts=attempts,
        was_unknown=state in LOOKED_UP,
        first_tried_at=now if tried is None else EPOCH + tried * MICROSECOND,
        opted_out=bool(opted_out),
        campaign=campaign,
        withdrawn=bool(withdrawn),
        status=status,
        provider_id=provider_id,
        communication=communication,
        doubted=state == DOUBTED,
        redone=(stored(now) if tried is None else tried) < made,
        stands=campaign in standing,
    )


def stored(at: datetime) -> int:
    """A moment as the database holds it."""
    return (at - EPOCH) // MICROSECOND
