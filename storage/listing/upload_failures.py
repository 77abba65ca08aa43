"""What is wrong with the rows of a contact list, in the order of the file."""

from sqlalchemy import Connection

from storage.listing.pages import Key, Page, Walk
from storage.models import UploadFailure
from storage.statements import table_of
from storage.values import Row

FAILURES = table_of(UploadFailure)


class UploadFailureList:
    """Reads them for others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, upload: str, after: Key | None, limit: int) -> Page:
        """One page of them; a key is (row, seq)."""
        return walk(upload).page(self._connection, after, limit)

    def first(self, upload: str, limit: int) -> list[Row]:
        """The first of them."""
        return self.page(upload, None, limit).rows


def walk(upload: str) -> Walk:
    """Row by row."""
    return Walk(columns=list(FAILURES.c), order=[FAILURES.c.row, FAILURES.c.seq], within=[FAILURES.c.upload == upload])
