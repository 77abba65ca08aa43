"""Contact lists and how their rows fared."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, select, update

from storage.models import Upload
from storage.statements import add_rows, one_row, table_of
from storage.values import Row

UPLOADS = table_of(Upload)
ERRORS_KEPT = 1_000  # errors stored per upload; further ones are only counted
PROCESSING, COMPLETED, FAILED = "processing", "completed", "failed"


class Uploads:
    """Each upload counts its rows as they are decided and is finished when all are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: Row) -> None:
        """A new upload, processing."""
        add_rows(self._connection, UPLOADS, [row])

    def get(self, upload: str) -> Row | None:
        """The upload, or None."""
        return one_row(self._connection.execute(select(UPLOADS).where(UPLOADS.c.id == upload)))

    def unread(self) -> list[str]:
        """The names of the lists of which rows are still to be read."""
        unread = (UPLOADS.c.status == PROCESSING, UPLOADS.c.last_row < UPLOADS.c.total)
        return list(self._connection.execute(select(UPLOADS.c.file).where(*unread)).scalars())

    def count(self, upload: str, *, created: int = 0, updated: int = 0, unchanged: int = 0) -> None:
        """So many more rows were decided thus."""
        more = {"created": created, "updated": updated, "unchanged": unchanged}
        counted = {name: UPLOADS.c[name] + number for name, number in more.items()}
        self._connection.execute(update(UPLOADS).where(UPLOADS.c.id == upload).values(**counted))

    def last_row(self, upload: str) -> int:
        """The last row of the file that was read, 0 at first. Until this transaction ends, nobody else reads on.

        Raises LookupError where there is no such upload.
        """
        locked = select(UPLOADS.c.last_row).where(UPLOADS.c.id == upload).with_for_update()
        row = self._connection.execute(locked).scalar_one_or_none()
        if row is None:
            raise LookupError(f"there is no upload {upload}")
        return int(row)

    def read_to(self, upload: str, row: int) -> None:
        """The file was read up to and with this row, and what became of each row is in this transaction."""
        self._connection.execute(update(UPLOADS).where(UPLOADS.c.id == upload).values(last_row=row))

    def report_failures(self, upload: str, errors: Sequence[Row]) -> None:
        """Rows failed with these errors (row, field, value, reason): each different ``row`` counts once, and the first
        `ERRORS_KEPT` errors are stored."""
        if not errors:
            return
        locked = select(UPLOADS.c.errors).where(UPLOADS.c.id == upload).with_for_update()
        kept = [*self._connection.execute(locked).scalar_one(), *errors][:ERRORS_KEPT]
        failed = UPLOADS.c.failed + len({error["row"] for error in errors})
        self._connection.execute(update(UPLOADS).where(UPLOADS.c.id == upload).values(errors=kept, failed=failed))

    def take_back_failure(self, upload: str, row: int) -> None:
        """This row counted as failed and is to be decided once more: its errors go, and the upload is not finished."""
        locked = select(UPLOADS.c.errors).where(UPLOADS.c.id == upload).with_for_update()
        errors = self._connection.execute(locked).scalar_one_or_none() or []
        left = [error for error in errors if error["row"] != row]
        change = update(UPLOADS).where(UPLOADS.c.id == upload)
        again = {"failed": UPLOADS.c.failed - 1, "status": PROCESSING, "finished_at": None}
        self._connection.execute(change.values(errors=left, **again))

    def finish_when_counted(self, upload: str, at: datetime) -> bool:
        """Finish the upload if every row is accounted for: failed if any row failed, else completed.

        Return whether this call finished it; ``at`` is UTC.
        """
        counted = UPLOADS.c.created + UPLOADS.c.updated + UPLOADS.c.unchanged + UPLOADS.c.failed
        complete = (UPLOADS.c.id == upload, UPLOADS.c.status == PROCESSING, UPLOADS.c.total == counted)
        status = case((UPLOADS.c.failed > 0, FAILED), else_=COMPLETED)
        return (
            self._connection.execute(update(UPLOADS).where(*complete).values(status=status, finished_at=at)).rowcount
            > 0
        )
