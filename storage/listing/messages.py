"""Messages, the latest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, text

from storage.listing.pages import Key, Page, Walk, named
from storage.models import Message
from storage.statements import table_of

MESSAGES = table_of(Message)
OF_ALL = text("message.id <> ''")  # as is the partial index of all of them in the order of time
IS_SESSION = text("message.direction = 'in' AND length(message.communication) = 0")  # as the partial index says it


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesWanted:
    """Which ones: "" and None name nothing; those of ``since`` or later and before ``until`` (UTC).

    ``sessions``: what people wrote that answered no open communication.
    """

    campaign: str | None = None
    customer: str = ""
    communication: str = ""
    channel: str = ""
    direction: str = ""
    status: str | None = None
    sessions: bool = False
    since: datetime | None = None
    until: datetime | None = None

    @property
    def walk(self) -> Walk:
        """The latest first, by the index that leads to the fewest."""
        wanted, leading = self._named, self._leading
        return Walk(
            columns=list(MESSAGES.c),
            order=[MESSAGES.c.created_at, MESSAGES.c.id],
            within=[*([MESSAGES.c[name] == wanted[name] for name in leading] or self._of_time), *self._span],
            only={name: value for name, value in wanted.items() if name not in leading},
            backwards=True,
        )

    @property
    def _named(self) -> dict[str, Any]:
        """By column what it has to hold."""
        of = named(customer=self.customer, communication=self.communication)
        of |= named(channel=self.channel, direction=self.direction, campaign=self.campaign)
        if self.sessions and self._leading:
            of = {"direction": "in", "communication": "", **of}
        return of if self.status is None else {**of, "status": self.status}

    @property
    def _leading(self) -> Sequence[str]:
        """The column that an index begins with, if there is one: of few messages the first."""
        of_few = [name for name in ("communication", "customer") if getattr(self, name)]
        return of_few[:1] or (["campaign"] if self.campaign and not self.sessions else [])

    @property
    def _of_time(self) -> list[Any]:
        return [IS_SESSION if self.sessions else OF_ALL]

    @property
    def _span(self) -> list[ColumnElement[bool]]:
        after = [] if self.since is None else [MESSAGES.c.created_at >= self.since]
        return after if self.until is None else [*after, MESSAGES.c.created_at < self.until]


class MessageList:
    """Reads them for others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, wanted: MessagesWanted, after: Key | None, limit: int) -> Page:
        """One page of those wanted; a key is (created_at, id)."""
        return wanted.walk.page(self._connection, after, limit)
