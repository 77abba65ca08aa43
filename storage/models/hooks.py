"""What systems outside are told, and which of them do not answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from storage.columns import BIG_ID, document, moment, where


class Delivery(SQLModel, table=True):
    """One thing that one hook is told: ``kind`` (its type) and ``payload``, written with what it tells of.

    ``state`` is owed, sending (claimed), delivered or failed (given up). ``seq`` is the order in which things happened;
    ``attempts`` counts the tries that came to an end, ``error`` is why the last one was in vain. ``customer`` is the
    one that it is about, "" for none: it is emptied with what else is theirs.
    """

    __table_args__ = (
        Index("delivery_open", "hook", "state", "next_at", "seq", **where("done_at IS NULL")),
        Index("delivery_page", "hook", "created_at", "seq"),
    )
    seq: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    id: str = Field(unique=True)
    hook: str
    kind: str
    customer: str = Field(default="", index=True)
    payload: dict[str, Any] = document(default_factory=dict)
    state: str = "owed"
    attempts: int = 0
    error: str = Field(default="", sa_type=Text)
    created_at: datetime = moment()
    next_at: datetime = moment()
    first_tried_at: datetime | None = moment(default=None)
    done_at: datetime | None = moment(default=None)


class HookTrouble(SQLModel, table=True):
    """A hook of the settings that was told something in vain, and nothing since that it took.

    ``failing_since`` is the first of the failures that follow one another, ``failed_at`` the last, ``error`` its
    reason. From ``disabled_at`` on nothing is sent until an operator enables it. A hook without a row is well.
    """

    __tablename__ = "hook_trouble"
    hook: str = Field(primary_key=True)
    failing_since: datetime = moment()
    failed_at: datetime = moment()
    error: str = Field(default="", sa_type=Text)
    disabled_at: datetime | None = moment(default=None)
