"""Who may ask the API, what they changed, and what they were answered."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from storage.columns import BIG_ID, document, moment


class Token(SQLModel, table=True):
    """A token of the API. ``hash`` is the SHA-256 of its secret, which nobody keeps; ``scope`` read, write or admin."""

    id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    scope: str
    hash: str
    created_at: datetime = moment()
    expires_at: datetime | None = moment(default=None)
    revoked_at: datetime | None = moment(default=None)
    last_used_at: datetime | None = moment(default=None)


class Audit(SQLModel, table=True):
    """One change that somebody asked for: ``who`` (a token's name, or a user of the command line), ``what`` (the name
    of the request or command) and of which ``subject``, with what was there ``before`` and ``after``.

    ``customer`` is the one that it is about, "" for none: it is emptied with what else is theirs.
    """

    __table_args__ = (Index("audit_subject", "subject", "id"),)
    id: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    at: datetime = moment()
    who: str
    what: str
    subject: str
    request: str = ""
    customer: str = Field(default="", index=True)
    before: dict[str, Any] = document(default_factory=dict)
    after: dict[str, Any] = document(default_factory=dict)


class Repeat(SQLModel, table=True):
    """What a request with an Idempotency-Key was answered; ``status`` 0: it is being worked on.

    ``key`` is a digest of the token and the key, ``print`` one of the request. ``untold``: somebody was erased while it
    was being worked on, so that its body is not kept.
    """

    key: str = Field(primary_key=True)
    print: str
    status: int = 0
    headers: dict[str, str] = document(default_factory=dict)
    body: str = Field(default="", sa_type=Text)
    untold: bool = False
    at: datetime = moment(index=True)
