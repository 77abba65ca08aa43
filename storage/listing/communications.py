"""Communications, the latest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, text

from storage.listing.pages import Key, Page, Walk, named
from storage.models import Communication
from storage.statements import table_of

COMMUNICATIONS = table_of(Communication)
OF_ALL: Any = text("communication.id <> ''")  # as is the partial index of all of them in the order of time


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationsWanted:
    """Which ones: "" and None name nothing; those that came to be at ``since`` or later and before ``until`` (UTC)."""

    campaign: str | None = None
    participant: str = ""
    customer: str = ""
    status: str = ""
    flow: str = ""
    node: str = ""
    channel: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def walk(self) -> Walk:
        """The latest first, by the index that leads to the fewest."""
        leading = self._leading
        wanted = named(participant=self.participant, customer=self.customer, campaign=self.campaign)
        wanted |= named(status=self.status, flow=self.flow, node=self.node, channel=self.channel)
        return Walk(
            columns=list(COMMUNICATIONS.c),
            order=[COMMUNICATIONS.c.created_at, COMMUNICATIONS.c.id],
            within=[*([COMMUNICATIONS.c[name] == wanted[name] for name in leading] or [OF_ALL]), *self._span],
            only={name: value for name, value in wanted.items() if name not in leading},
            backwards=True,
            gathered=leading == ["participant"],
        )

    @property
    def _leading(self) -> Sequence[str]:
        """The column that an index begins with, if there is one."""
        return [name for name in ("participant", "customer", "campaign") if getattr(self, name)][:1]

    @property
    def _span(self) -> list[ColumnElement[bool]]:
        after = [] if self.since is None else [COMMUNICATIONS.c.created_at >= self.since]
        return after if self.until is None else [*after, COMMUNICATIONS.c.created_at < self.until]


class CommunicationList:
    """Reads them for others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, wanted: CommunicationsWanted, after: Key | None, limit: int) -> Page:
        """One page of those wanted; a key is (created_at, id)."""
        return wanted.walk.page(self._connection, after, limit)
