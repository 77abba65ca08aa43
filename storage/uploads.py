"""Contact lists: whose turn it is, how far each was read, and how their rows fared."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, func, or_, select, update

from storage.bulk import insert_many
from storage.models import Campaign, Upload, UploadFailure
from storage.statements import one_row, rows_in, rows_of, table_of
from storage.values import Row

CAMPAIGNS, FAILURES, UPLOADS = table_of(Campaign), table_of(UploadFailure), table_of(Upload)
QUEUED, PROCESSING, PAUSED = "queued", "processing", "paused"
CANCELLED, COMPLETED, FAILED = "cancelled", "completed", "failed"
STATUSES = (QUEUED, PROCESSING, PAUSED, CANCELLED, COMPLETED, FAILED)
OPEN = UPLOADS.c.finished_at.is_(None)
UNREAD = and_(OPEN, or_(UPLOADS.c.total.is_(None), UPLOADS.c.read < UPLOADS.c.total))
IN_TURN = (UPLOADS.c.begun_at.is_(None), UPLOADS.c.started_at, UPLOADS.c.id)  # who has begun goes before all others


class Uploads:
    """Of the lists of one campaign one is read at a time, in the order in which they came; a paused one keeps its turn.

    Each counts its rows as they are decided and is finished when all are.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: Row) -> None:
        """A new upload, queued unless the row says otherwise."""
        insert_many(self._connection, UPLOADS, [row])

    def last_came(self, campaign: str) -> datetime | None:
        """When the last of those lists of this campaign came that are not over (UTC); None where there is none."""
        query = select(UPLOADS.c.started_at).where(OPEN, UPLOADS.c.campaign == campaign)
        return self._connection.execute(query.order_by(UPLOADS.c.started_at.desc()).limit(1)).scalar_one_or_none()

    def get(self, upload: str) -> Row | None:
        """The upload, or None."""
        return one_row(self._connection.execute(select(UPLOADS).where(UPLOADS.c.id == upload)))

    def these(self, uploads: Collection[str]) -> dict[str, Row]:
        """Those of these that there are, by id."""
        return {row["id"]: row for row in rows_in(self._connection, select(UPLOADS), UPLOADS.c.id, uploads)}

    def take(self, upload: str) -> Row:
        """The upload; until this transaction ends, nobody else changes it. Raises LookupError where there is none."""
        row = one_row(self._connection.execute(select(UPLOADS).where(UPLOADS.c.id == upload).with_for_update()))
        if row is None:
            raise LookupError(f"there is no upload {upload}")
        return row

    def unread(self) -> list[Row]:
        """The lists of which rows are still to be read, campaign by campaign, each one's in their turn."""
        return rows_of(self._connection.execute(in_turn(UNREAD, UPLOADS.c.campaign)))

    def unread_count(self) -> int:
        """How many those are."""
        return self._connection.execute(select(func.count()).select_from(UPLOADS).where(UNREAD)).scalar_one()

    def head(self, campaign: str) -> Row | None:
        """The list of this campaign whose turn it is; None where all are read."""
        query = in_turn(and_(UNREAD, UPLOADS.c.campaign == campaign)).limit(1)
        return one_row(self._connection.execute(query))

    def begin(self, campaign: str, upload: str, at: datetime) -> Row | None:
        """This list of the campaign, which is being processed from now (UTC) on; None where it is not its turn, or it
        is paused. Until this transaction ends, nobody else begins one of this campaign."""
        self._connection.execute(select(CAMPAIGNS.c.name).where(CAMPAIGNS.c.name == campaign).with_for_update())
        row = self.head(campaign)
        if row is None or row["id"] != upload or row["status"] == PAUSED:
            return None
        changes = {"status": PROCESSING, "reason": "", "begun_at": row["begun_at"] or at}
        self.change(upload, **changes)
        return row | changes

    def change(self, upload: str, **values: Any) -> None:
        """These columns have these values from now on."""
        self._connection.execute(update(UPLOADS).where(UPLOADS.c.id == upload).values(**values))

    def count(self, upload: str, *, created: int = 0, updated: int = 0, unchanged: int = 0) -> None:
        """So many more rows were decided thus."""
        more = {"created": created, "updated": updated, "unchanged": unchanged}
        self.change(upload, **{name: UPLOADS.c[name] + number for name, number in more.items()})

    def read_to(self, upload: str, row: int, more: int, duplicates: int = 0) -> None:
        """The file was read up to and with this row, which is so many rows ``more`` than before, so many of them
        ``duplicates``; what became of each is in this transaction."""
        read, repeated = UPLOADS.c.read + more, UPLOADS.c.duplicates + duplicates
        self.change(upload, last_row=row, read=read, duplicates=repeated)

    def report_failures(self, upload: str, errors: Sequence[Row]) -> None:
        """Rows failed with these errors (row, field, value, reason): each different ``row`` counts once."""
        if errors:
            insert_many(self._connection, FAILURES, [{"upload": upload, **error} for error in errors])
            self.change(upload, failed=UPLOADS.c.failed + len({error["row"] for error in errors}))

    def take_back_failure(self, upload: str, row: int) -> None:
        """This row counted as failed and is to be decided once more: its errors go, and the upload is not finished,
        unless it was cancelled."""
        self._connection.execute(delete(FAILURES).where(FAILURES.c.upload == upload, FAILURES.c.row == row))
        stays = UPLOADS.c.status.in_((CANCELLED, PAUSED))
        again = {"status": case((stays, UPLOADS.c.status), else_=PROCESSING)}
        again["finished_at"] = case((UPLOADS.c.status == CANCELLED, UPLOADS.c.finished_at))
        self.change(upload, failed=UPLOADS.c.failed - 1, **again)

    def finish_when_counted(self, upload: str, at: datetime) -> bool:
        """Finish the upload if every row of its file is accounted for: failed if any row failed, else completed.

        Return whether this call finished it; ``at`` is UTC.
        """
        counted = UPLOADS.c.created + UPLOADS.c.updated + UPLOADS.c.unchanged + UPLOADS.c.failed
        complete = (UPLOADS.c.id == upload, OPEN, UPLOADS.c.total == counted)
        status = case((UPLOADS.c.failed > 0, FAILED), else_=COMPLETED)
        done = update(UPLOADS).where(*complete).values(status=status, reason="", finished_at=at)
        return self._connection.execute(done).rowcount > 0


def in_turn(which: ColumnElement[bool], *first: ColumnElement[Any]) -> Select[Any]:
    return select(UPLOADS).where(which).order_by(*first, *IN_TURN)
