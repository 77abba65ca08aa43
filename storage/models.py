"""Every table. Times are UTC; ids made by us are 32 hex digits; JSON columns hold what `gateway` put there."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from storage.columns import BIG_ID, added, document, moment, where


class Campaign(SQLModel, table=True):
    """One campaign: whether it runs (inactive, active or error), and the rule file version it runs on.

    ``reason`` says why it stands in error, "" where it does not; ``paced_until`` is the first moment at which its pace
    lets one more communication begin.
    """

    name: str = Field(primary_key=True)
    status: str = "inactive"
    rules: str = ""
    started_at: datetime | None = moment(default=None)
    reason: str = added("", "''")
    paced_until: datetime | None = moment(default=None)


class RuleVersion(SQLModel, table=True):
    """The text of every rule file version that ever ran, by content hash: running talks stay on theirs."""

    __tablename__ = "rule_version"
    hash: str = Field(primary_key=True)
    campaign: str
    file: str
    text: str = Field(sa_type=Text)
    loaded_at: datetime = moment()


class Customer(SQLModel, table=True):
    """A person, shared by all campaigns. Everything about one customer is one lane."""

    id: str = Field(primary_key=True)
    lane: str
    fields: dict[str, Any] = document(default_factory=dict)
    version: int = 1
    created_at: datetime = moment()


class Identifier(SQLModel, table=True):
    """external_id, phone (E.164), email (lower case) or slack (a user id): each belongs to one customer."""

    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    customer: str = Field(index=True)


class Participant(SQLModel, table=True):
    """A customer's place in one campaign. ``held`` are facts raised while it was stopped, for when it runs again."""

    __table_args__ = (
        UniqueConstraint("campaign", "customer", name="participant_once"),
        Index("participant_page", "campaign", "id"),
    )
    id: str = Field(primary_key=True)
    campaign: str
    customer: str = Field(index=True)
    fields: dict[str, Any] = document(default_factory=dict)
    entered: bool = False
    outcome: str = ""
    held: list[dict[str, Any]] = document(default_factory=list)
    version: int = 1
    created_at: datetime = moment()
    updated_at: datetime = moment()


class Communication(SQLModel, table=True):
    """One talk between a participant and an agent. ``is_open`` is derived from status, for the partial indexes.

    ``seq`` counts a participant's communications from 1; storage sets it. ``begun_at`` is when its first message was
    owed, ``attempt`` the attempt that is made or planned.
    """

    __table_args__ = (
        Index("communication_order", "participant", "seq"),
        Index("communication_open", "customer", sqlite_where=text("is_open"), postgresql_where=text("is_open")),
    )
    id: str = Field(primary_key=True)
    campaign: str
    participant: str
    seq: int = 0
    customer: str
    flow: str
    node: str
    agent: str
    channel: str
    address: str
    thread: str = ""
    rules: str
    status: str
    is_open: bool
    opened: bool = False
    talk: dict[str, Any] = document(default_factory=dict)
    reason: str = ""
    at: datetime = moment()
    version: int = 1
    created_at: datetime = moment()
    updated_at: datetime = moment()
    expires: datetime | None = moment(default=None)
    begun_at: datetime | None = moment(default=None)
    attempt: int = added(1, "1")
    retried: int = added(0, "0")


class Run(SQLModel, table=True):
    """A path that waits at a node of the rule file version it began with; the row goes when the path goes on.

    ``seq`` orders them; ``fact`` and ``message`` are what started the path; ``call`` is what it waits for, "" for none.
    """

    __table_args__ = (Index("run_at", "campaign", "node", "customer", "rules"),)
    seq: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    id: str = Field(unique=True)
    campaign: str
    participant: str
    customer: str = Field(index=True)
    node: str
    rules: str
    fact: dict[str, Any] = document(default_factory=dict)
    message: dict[str, Any] | None = document(default=None)
    due: datetime | None = moment(default=None)
    call: str = ""
    version: int = 1
    created_at: datetime = moment()


class Message(SQLModel, table=True):
    """Every message, in and out. ``direction`` is in or out; ``status`` "" while owed; ``rank`` guards it."""

    __table_args__ = (
        Index("message_provider", "channel", "provider_id"),
        Index("message_to", "channel", "address", **where("direction = 'out'")),
    )
    id: str = Field(primary_key=True)
    channel: str
    direction: str
    address: str
    thread: str = Field(default="", index=True)
    text: str = Field(sa_type=Text)
    choices: list[str] = document(default_factory=list)
    campaign: str = ""
    customer: str = Field(default="", index=True)
    communication: str = Field(default="", index=True)
    status: str = ""
    rank: int = 0
    error: str = ""
    provider_id: str = ""
    created_at: datetime = moment()
    updated_at: datetime = moment()
    attempt: int = added(1, "1")


class Outbox(SQLModel, table=True):
    """Messages owed. ``state`` is queued, sending (claimed), unknown (to be settled) or done.

    ``seq`` orders what one address is owed; ``attempts`` counts the claims, anew once a send has become unknown.
    """

    __table_args__ = (
        Index("outbox_owed", "channel", "next_at", **where("state <> 'done'")),
        Index("outbox_order", "channel", "address", "seq", **where("state <> 'done'")),
    )
    seq: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    message: str = Field(unique=True)
    channel: str
    address: str
    state: str = "queued"
    attempts: int = 0
    next_at: datetime = moment()
    first_tried_at: datetime | None = moment(default=None)


class Inbox(SQLModel, table=True):
    """Every event, exactly once. ``state`` is waiting, held, decided or parked. Append-only but for these columns.

    A held event waits for the rulebook of its campaign, or behind such an event in its lane.
    """

    __table_args__ = (
        Index("inbox_waiting", "shard", "id", **where("state = 'waiting'")),
        Index("inbox_queue", "id", **where("state = 'waiting'")),
        Index("inbox_held", "lane", **where("state = 'held'")),
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
    """What `react` decided for an event, written in the same transaction as its effects; ``log`` says why."""

    event: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=False))
    customer: str = Field(default="", index=True)
    applied: str
    log: list[dict[str, Any]] = document(default_factory=list)
    decided_at: datetime = moment()


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


class OptOut(SQLModel, table=True):
    """This address must not be written to on this channel; ``word`` is what the person wrote, or "rules"."""

    __tablename__ = "opt_out"
    channel: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    word: str = ""
    at: datetime = moment()


class Upload(SQLModel, table=True):
    """One contact list. Rows are counted once each: bad ones as they are read, the others as they are decided.

    ``last_row`` is the last row of the file that was read; an import that was cut off goes on after it.
    """

    id: str = Field(primary_key=True)
    campaign: str = Field(index=True)
    file: str
    status: str = "processing"
    total: int = 0
    last_row: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: list[dict[str, Any]] = document(default_factory=list)
    started_at: datetime = moment()
    finished_at: datetime | None = moment(default=None)


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
