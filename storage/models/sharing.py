"""What several gateway processes on one database tell one another. One that is alone tells its next start how channels,
services and hooks do."""

from datetime import datetime

from sqlalchemy import Column, SmallInteger
from sqlmodel import Field, SQLModel

from storage.columns import document, moment


class Shard(SQLModel, table=True):
    """Whether a worker is told already that events wait in a shard (``armed``). Whoever keeps events changes this row
    for a moment, so nothing else is in it."""

    id: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    armed: bool = False


class ShardTurn(SQLModel, table=True):
    """Whose turn (an id of ours) it is to decide what waits in a shard. Who decides holds the row until that is
    written."""

    __tablename__ = "shard_turn"
    id: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    turn: str = ""


class Lease(SQLModel, table=True):
    """Work that one process at a time does: who does it (an id of ours), ``until`` when unless that is renewed, by the
    database's clock."""

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = moment()


class ChannelState(SQLModel, table=True):
    """How a channel does, as its sender leaves it for whoever sends there next.

    ``rests_until``: its provider refuses our account, and has put the campaigns ``rests_for`` in error. ``unanswered``
    sends in a row had no answer, for which it is left alone until ``silent_until``. ``trouble`` is why a message was
    not taken last, and when. ``paced_until``: the provider's rate lets nothing go before.
    """

    __tablename__ = "channel_state"
    channel: str = Field(primary_key=True)
    rests_until: datetime | None = moment(default=None)
    rests_for: list[str] = document(default_factory=list)
    unanswered: int = 0
    silent_until: datetime | None = moment(default=None)
    trouble: str = ""
    trouble_at: datetime | None = moment(default=None)
    paced_until: datetime | None = moment(default=None)


class Breaker(SQLModel, table=True):
    """How a service or a hook (``kind``) does, as it is left for whoever asks or tells it next.

    It failed ``failures`` times in a row; where these are too many it is left alone until ``until``. ``next_at``: the
    pace of a service lets no call go before.
    """

    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    failures: int = 0
    until: datetime | None = moment(default=None)
    next_at: datetime | None = moment(default=None)
