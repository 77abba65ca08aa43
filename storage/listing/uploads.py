"""Contact lists of a campaign, the latest first."""

from sqlalchemy import Connection

from storage.listing.pages import Key, Page, Walk, named
from storage.models import Upload
from storage.statements import table_of

UPLOADS = table_of(Upload)


class UploadList:
    """Reads them for others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, campaign: str, after: Key | None, limit: int, *, status: str = "") -> Page:
        """One page of them, of one status where it is named; a key is (started_at, id)."""
        return walk(campaign, status).page(self._connection, after, limit)


def walk(campaign: str, status: str = "") -> Walk:
    """The latest first."""
    order, there = [UPLOADS.c.started_at, UPLOADS.c.id], [UPLOADS.c.campaign == campaign]
    return Walk(columns=list(UPLOADS.c), order=order, within=there, only=named(status=status), backwards=True)
