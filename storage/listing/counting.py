"""How many there are of everything in a campaign, by what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, func, literal_column, select

from storage.models import Communication, Message, Outbox, Participant, Upload
from storage.statements import rows_of, table_of
from storage.types import EPOCH
from storage.values import Row

PARTICIPANTS, COMMUNICATIONS, MESSAGES = table_of(Participant), table_of(Communication), table_of(Message)
OUTBOX, UPLOADS = table_of(Outbox), table_of(Upload)
STEP = timedelta(minutes=15)  # days begin on a quarter of an hour, UTC, in every time zone
STEP_MICROSECONDS = int(STEP.total_seconds()) * 1_000_000
NUMBER = func.count().label("number")


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment (UTC) on, until before another one."""

    since: datetime
    until: datetime


class Counting:
    """Counts rows. What grows with the campaign as a whole takes longer the larger it is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def outcomes(self, campaign: str) -> dict[str, int]:
        """How many participants have come to each outcome, "" for none yet."""
        query = select(PARTICIPANTS.c.outcome, NUMBER).where(PARTICIPANTS.c.campaign == campaign)
        rows = self._connection.execute(query.group_by(PARTICIPANTS.c.outcome))
        return {row.outcome: row.number for row in rows}

    def nodes(self, campaign: str) -> dict[str, dict[str, int]]:
        """How many communications each node has planned, by status; nodes by their full names."""
        columns = (COMMUNICATIONS.c.node, COMMUNICATIONS.c.status)
        query = select(*columns, NUMBER).where(COMMUNICATIONS.c.campaign == campaign).group_by(*columns)
        found: dict[str, dict[str, int]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.node, {})[row.status] = row.number
        return found

    def communications(self, campaign: str, span: Span) -> Iterator[Row]:
        """How many came to be in each quarter of an hour: its begin as ``at``, status, channel and number."""
        columns = (COMMUNICATIONS.c.status, COMMUNICATIONS.c.channel)
        return self._counted(COMMUNICATIONS, campaign, span, columns)

    def messages(self, campaign: str, span: Span) -> Iterator[Row]:
        """How many there were in each quarter of an hour: its begin as ``at``, direction, status, channel, number."""
        return self._counted(MESSAGES, campaign, span, (MESSAGES.c.direction, MESSAGES.c.status, MESSAGES.c.channel))

    def owed(self) -> dict[str, int]:
        """How many messages are owed on each channel."""
        query = select(OUTBOX.c.channel, NUMBER).where(
            literal_column("outbox.state <> 'done' AND outbox.attempts >= 0")
        )
        return {row.channel: row.number for row in self._connection.execute(query.group_by(OUTBOX.c.channel))}

    def sending(self) -> dict[str, int]:
        """How many messages are being sent on each channel."""
        query = select(OUTBOX.c.channel, NUMBER).where(literal_column("outbox.state <> 'done'"))
        under_way = query.where(OUTBOX.c.state == "sending").group_by(OUTBOX.c.channel)
        return {row.channel: row.number for row in self._connection.execute(under_way)}

    def uploads(self) -> dict[str, int]:
        """How many contact lists there are, by status."""
        rows = self._connection.execute(select(UPLOADS.c.status, NUMBER).group_by(UPLOADS.c.status))
        return {row.status: row.number for row in rows}

    def _counted(
        self, table: Table, campaign: str, span: Span, columns: tuple[ColumnElement[str], ...]
    ) -> Iterator[Row]:
        step = literal_column(f"{table.name}.created_at / {STEP_MICROSECONDS}", BigInteger)
        within = (table.c.campaign == campaign, table.c.created_at >= span.since, table.c.created_at < span.until)
        query = select(step.label("step"), *columns, NUMBER).where(*within).group_by(step, *columns).order_by(step)
        for row in rows_of(self._connection.execute(query)):
            yield {**row, "at": EPOCH + row["step"] * STEP}
