"""What comes in, is decided, is owed and is due."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Text, false, text
from sqlmodel import Field, SQLModel

from storage.columns import BIG_ID, document, moment, packed, where


class Inbox(SQLModel, table=True):
    """Every event, exactly once. ``state`` is waiting, held, decided, parked or dropped. Append-only but for these
    columns.

    Of an index whose condition also says what is true of each row (here and below), PostgreSQL knows nothing unless it
    is asked in the same words: it takes what waits to be little until it is told otherwise, and one index of it to be
    as good as the other.

    A held event waits for the rulebook of its campaign, or behind such an event in its lane.
    """

    __table_args__ = (
        Index("inbox_waiting", "shard", "id", **where("state = 'waiting'")),
        Index("inbox_queue", "id", **where("state = 'waiting' AND key <> ''")),
        Index("inbox_held", "lane", **where("state = 'held'")),
        Index("inbox_parked", "id", **where("state = 'parked'")),
    )
    id: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    key: str = Field(unique=True)
    kind: str
    lane: str
    shard: int = Field(sa_type=SmallInteger)
    payload: dict[str, Any] = document(default_factory=dict)
    state: str = "waiting"
    attempts: int = 0
    error: str = Field(default="", sa_type=Text)
    received_at: datetime = moment()
    decided_at: datetime | None = moment(default=None)


class Decision(SQLModel, table=True):
    """What `react` decided for an event, written in the same transaction as its effects; ``log`` says why, and from
    what: it is packed, and empty where retention or an erasure has emptied it."""

    __table_args__ = (
        Index("decision_customer", "customer", "event"),
        Index("decision_page", "decided_at", "event"),
    )
    event: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=False))
    customer: str = ""
    applied: str
    log: list[dict[str, Any]] = packed(default_factory=list)
    decided_at: datetime = moment()


class Outbox(SQLModel, table=True):
    """Messages owed. ``state`` is queued, sending (claimed), unknown or doubted (to be looked up first), or done.

    ``seq`` orders what one address is owed; ``attempts`` counts the claims, anew once a send has become unknown.
    """

    __table_args__ = (
        Index("outbox_owed", "channel", "next_at", **where("state <> 'done' AND attempts >= 0")),
        Index("outbox_order", "channel", "address", "seq", **where("state <> 'done' AND channel <> ''")),
    )
    seq: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    message: str = Field(unique=True)
    channel: str
    address: str
    state: str = "queued"
    attempts: int = 0
    next_at: datetime = moment()
    first_tried_at: datetime | None = moment(default=None)


class Timer(SQLModel, table=True):
    """A wake-up. When due it fires, that is, becomes an inbox event; the row goes when that event is decided.

    ``held``: it stands still while its campaign does not run. ``event`` is the inbox event that set it.
    """

    __table_args__ = (
        Index("timer_due", "due", "event", **where("NOT fired AND NOT held")),
        Index("timer_held", "campaign", "name", "due", "event", **where("NOT fired AND held")),
    )
    subject: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    due: datetime = moment()
    lane: str
    customer: str
    campaign: str
    fired: bool = False
    held: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    event: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})


class Call(SQLModel, table=True):
    """Somebody outside is asked: a service (``kind`` webhook) or a function (python). ``seq`` orders what one subject
    asks; ``attempts`` counts the tries in vain.

    ``state`` is owed, asking (claimed), answered (to be told, once its campaign runs where it is ``held``) or done.
    ``body`` is what to ask, until there is an answer; ``answer`` what came back, until it is told.
    """

    __table_args__ = (
        Index("call_owed", "kind", "target", "next_at", **where("state = 'owed'")),
        Index("call_order", "subject", "seq", **where("state <> 'done'")),
        Index("call_open", "state", "held", "campaign", "seq", **where("state <> 'done'")),
    )
    seq: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    id: str = Field(unique=True)
    kind: str
    target: str
    subject: str
    lane: str
    customer: str
    campaign: str
    body: dict[str, Any] = document(default_factory=dict)
    held: bool = True
    state: str = "owed"
    attempts: int = 0
    next_at: datetime = moment()
    answer: dict[str, Any] | None = document(default=None)
    error: str = Field(default="", sa_type=Text)


class Progress(SQLModel, table=True):
    """How far recurring work has come: a ``position`` in what it goes through, or the moment ``at`` up to which."""

    name: str = Field(primary_key=True)
    position: int = Field(default=0, sa_type=BigInteger)
    at: datetime | None = moment(default=None)
