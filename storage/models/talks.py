"""What is said, and the paths that wait."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field, SQLModel

from storage.columns import BIG_ID, added, added_document, document, moment, where

HAS_CONTENT = "(text <> '' OR media <> '[]')"
# By length: else SQLite looks for them among all messages of no communication.
SESSION = "direction = 'in' AND length(communication) = 0"
# True of each. Only who asks for all of them says so: else PostgreSQL, which takes a campaign's rows to lie evenly
# among all the others, would look for those of one that ended long ago through all that came later.
ALL = "id <> ''"
# What the provider took, and has not said the last word of.
UNSETTLED = "direction = 'out' AND status IN ('accepted', 'queued', 'sending', 'sent')"


class Communication(SQLModel, table=True):
    """One talk between a participant and an agent. ``is_open`` is derived from status, for the partial indexes.

    ``seq`` counts a participant's communications from 1; storage sets it. ``begun_at`` is when its first message was
    owed, ``attempt`` the attempt that is made or planned.
    """

    __table_args__ = (
        Index("communication_order", "participant", "seq"),
        Index("communication_page", "campaign", "created_at", "id"),
        Index("communication_time", "created_at", "id", **where(ALL)),
        Index("communication_customer", "customer", "created_at", "id"),
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
    """Every message, in and out. ``direction`` is in or out; ``status`` "" while owed; ``rank`` guards it.

    ``media`` are the files that came with it: where the provider keeps each, and its type.
    """

    __table_args__ = (
        Index("message_provider", "channel", "provider_id"),
        Index("message_to", "channel", "address", **where("direction = 'out'")),
        Index("message_unsettled", "channel", "updated_at", **where(UNSETTLED)),
        Index("message_age", "created_at", **where(HAS_CONTENT)),
        Index("message_thread", "thread", **where("thread <> ''")),
        Index("message_page", "campaign", "created_at", "id"),
        Index("message_time", "created_at", "id", **where(ALL)),
        Index("message_customer", "customer", "created_at", "id"),
        Index("message_communication", "communication", "created_at", "id"),
        Index("message_session", "created_at", "id", **where(SESSION)),
    )
    id: str = Field(primary_key=True)
    channel: str
    direction: str
    address: str
    thread: str = ""
    text: str = Field(sa_type=Text)
    choices: list[str] = document(default_factory=list)
    campaign: str = ""
    customer: str = ""
    communication: str = ""
    status: str = ""
    rank: int = 0
    error: str = ""
    provider_id: str = ""
    created_at: datetime = moment()
    updated_at: datetime = moment()
    attempt: int = added(1, "1")
    media: list[dict[str, Any]] = added_document(list, "'[]'")
