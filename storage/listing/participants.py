"""Participants of a campaign."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from storage.listing.pages import Key, Page, Walk, named
from storage.models import Participant
from storage.statements import table_of

PARTICIPANTS = table_of(Participant)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantsWanted:
    """Which ones: "" and None name nothing. ``updated_since`` is UTC."""

    campaign: str
    customer: str = ""
    outcome: str = ""
    entered: bool | None = None
    updated_since: datetime | None = None

    @property
    def walk(self) -> Walk:
        """By id; those who were ``updated_since`` by when they were updated last."""
        there, table = [PARTICIPANTS.c.campaign == self.campaign], PARTICIPANTS.c
        order = [table.id]
        if self.updated_since is not None:
            there, order = [*there, table.updated_at >= self.updated_since], [table.updated_at, table.id]
        if self.customer:
            there.append(table.customer == self.customer)
        only = named(outcome=self.outcome, entered=self.entered)
        return Walk(columns=list(table), order=order, within=there, only=only, gathered=bool(self.customer))


class ParticipantList:
    """Reads them for others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, wanted: ParticipantsWanted, after: Key | None, limit: int) -> Page:
        """One page of those wanted; a key is (id), or (updated_at, id)."""
        return wanted.walk.page(self._connection, after, limit)
