"""`GET /campaigns/{campaign}/uploads` and `.../{upload}/errors`: contact lists, and what was wrong with their rows."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, Told
from gateway.api.paging import PageQuery
from gateway.api.queries import MomentPage, cursor, is_cursor, told
from gateway.api.scopes import Scope
from gateway.api.uploads import PATH, RowError, UploadInShort, in_short, row_error, upload_of
from gateway.imports.statuses import Status
from storage.listing.pages import Key, Page
from storage.transaction import Transaction

PLACE = r"[0-9]{1,9}-[0-9]{1,18}"
PlaceAfter = Annotated[str, is_cursor(PLACE), told(PLACE)]


class UploadsQuery(MomentPage):
    """Which uploads, and which page of them."""

    status: Annotated[Literal["", Status], Field(description="only of this status")] = ""


class ErrorsQuery(PageQuery):
    """Which page."""

    after: PlaceAfter = ""

    @property
    def key(self) -> Key | None:
        row, _, seq = self.after.partition("-")
        return (int(row), int(seq)) if self.after else None


class Uploads(Told):
    """A page of them."""

    uploads: list[UploadInShort]
    next: str | None


class RowErrors(Told):
    """A page of what is wrong."""

    errors: list[RowError]
    next: str | None


async def list_uploads(asked: Asked[UploadsQuery, None]) -> Answer:
    """A page of the campaign's uploads, the latest first."""
    campaign, query = asked.desk.book(asked.path["campaign"]).campaign, asked.query

    def read(t: Transaction) -> Page:
        return t.lists.uploads.page(campaign, query.key, query.limit, status=query.status)

    page = await asked.desk.read(read)
    return Answer(body=Uploads(uploads=[UploadInShort(**in_short(row)) for row in page.rows], next=cursor(page.next)))


async def list_upload_errors(asked: Asked[ErrorsQuery, None]) -> Answer:
    """A page of what is wrong with rows of an upload, in the order of its file."""
    query = asked.query

    def read(t: Transaction) -> Page:
        return t.lists.upload_failures.page(upload_of(t, asked)["id"], query.key, query.limit)

    page = await asked.desk.read(read)
    return Answer(body=RowErrors(errors=[row_error(row) for row in page.rows], next=cursor(page.next)))


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path=PATH,
        tag="uploads",
        scope=Scope.READ,
        handler=list_uploads,
        query=UploadsQuery,
        answers={200: Uploads},
    ),
    Endpoint(
        method="GET",
        path=f"{PATH}/{{upload}}/errors",
        tag="uploads",
        scope=Scope.READ,
        handler=list_upload_errors,
        query=ErrorsQuery,
        answers={200: RowErrors},
    ),
)
