"""Campaigns and who takes part in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import BIG_ID, added, added_document, document, moment, where


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
    """A person, shared by all campaigns. Everything about one customer is one lane.

    Of one that was erased (``erased_at``) the row remains, so that the books balance, and nothing personal.
    """

    id: str = Field(primary_key=True)
    lane: str
    fields: dict[str, Any] = document(default_factory=dict)
    version: int = 1
    created_at: datetime = moment()
    erased_at: datetime | None = moment(default=None)


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
        Index("participant_updated", "campaign", "updated_at", "id"),
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


class OptOut(SQLModel, table=True):
    """This address must not be written to on this channel; ``word`` is what the person wrote, or "rules"."""

    __tablename__ = "opt_out"
    channel: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    word: str = ""
    at: datetime = moment()


class Upload(SQLModel, table=True):
    """One contact list. ``status`` is queued, processing, paused, cancelled, completed or failed (some row failed, or
    the file as a whole, for this ``reason``; of one that waits, ``reason`` says what for).

    ``reading`` is how its file is read, ``size`` how many bytes it has (None: an earlier program took it). Of ``total``
    rows (None: so far ``counted`` ones) so many were ``read``; ``last_row`` is the last row of the file among them,
    after which an import that was cut off goes on. Rows are counted once each: bad ones as they are read, the others as
    they are decided; ``duplicates`` are those among them that are known to give an earlier row's person once more.
    ``started_at`` it came, ``begun_at`` it was its turn. ``place`` names the folder that its file is in.
    """

    __table_args__ = (
        Index("upload_page", "campaign", "started_at", "id"),
        Index("upload_open", "campaign", "started_at", "id", **where("finished_at IS NULL")),
    )
    id: str = Field(primary_key=True)
    campaign: str
    file: str
    status: str = "queued"
    reason: str = added("", "''")
    reading: dict[str, Any] = added_document(dict, "'{}'")
    size: int | None = Field(default=None, sa_type=BigInteger)
    place: str = added("", "''")
    total: int | None = None
    counted: int = added(0, "0")
    read: int = added(0, "0")
    last_row: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    duplicates: int = added(0, "0")
    started_at: datetime = moment()
    begun_at: datetime | None = moment(default=None)
    finished_at: datetime | None = moment(default=None)


class UploadFailure(SQLModel, table=True):
    """One thing that is wrong with a ``row`` of a contact list; ``field`` is "" where the whole row is meant, ``value``
    what was given, shortened."""

    __tablename__ = "upload_failure"
    __table_args__ = (Index("upload_failure_page", "upload", "row", "seq"),)
    seq: int = Field(sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    upload: str
    row: int
    field: str = ""
    value: str = Field(default="", sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
