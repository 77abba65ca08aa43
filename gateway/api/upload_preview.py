"""`POST /campaigns/{campaign}/uploads/preview`: what an import of a file would do, before it is uploaded."""

from typing import Annotated, Any

from pydantic import Field

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, Told
from gateway.api.readings import refusal
from gateway.api.receiving import ALSO_TAKEN, CSV, receive, require_list
from gateway.api.scopes import Scope
from gateway.api.uploads import DISK_FULL, NO_FILE, PATH, FileQuery, RowError
from gateway.ids import new_id
from gateway.imports.files import path_of
from gateway.imports.looker import Look
from gateway.sheets import MAX_PREVIEWED, Preview, SheetRefused

MAX_PREVIEW_BYTES = 1_000_000
SHOWN = 20


class PreviewQuery(FileQuery):
    """As for an upload, and how many of its rows are shown."""

    rows: Annotated[int, Field(ge=1, le=MAX_PREVIEWED)] = SHOWN
    whole: Annotated[bool, Field(description="false: the body is only the beginning of a longer file")] = True


class PreviewedColumn(Told):
    """A column, and the identifier or field that it is read as; "" is not imported."""

    name: str
    target: str


class PreviewedRow(Told):
    """A row: its cells as they are in the file, the long ones shortened, and what they are read as, or what is wrong
    with them."""

    row: int
    cells: list[str]
    identifiers: dict[str, str]
    fields: dict[str, Any]
    errors: list[RowError]


class Previewed(Told):
    """How the file is read, what is doubtful about it as a whole, its first rows, and those of them that give the same
    person once more. ``sheets`` are the worksheets of a workbook."""

    reading: dict[str, Any]
    sheets: list[str]
    columns: list[PreviewedColumn]
    warnings: list[str]
    rows: list[PreviewedRow]
    duplicates: list[int]


async def preview_upload(asked: Asked[PreviewQuery, None]) -> Answer:
    """Preview a contact list.

    Take a file, or its first 1,000,000 bytes, as the body, and tell how it would be read: nothing is kept. A workbook
    must be whole.
    """
    desk, query = asked.desk, asked.query
    book, reading = desk.book(asked.path["campaign"]), query.reading(require_list(asked.http))
    path = path_of(desk.uploads.folder, new_id())
    try:
        await receive(asked.http, path, MAX_PREVIEW_BYTES)
        found = await desk.uploads.looker.look(Look(path, book, reading, query.rows, cut=not query.whole))
    except SheetRefused as refused:
        raise refusal(refused) from None
    finally:
        path.unlink(missing_ok=True)
    return Answer(body=Previewed(**found))


def told(found: Preview) -> Previewed:
    """A preview as JSON tells it."""
    return Previewed(**found.as_json())


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="POST",
        path=f"{PATH}/preview",
        tag="uploads",
        scope=Scope.READ,
        handler=preview_upload,
        query=PreviewQuery,
        media=CSV,
        also_taken=ALSO_TAKEN,
        answers={200: Previewed},
        problems={409: NO_FILE, 507: DISK_FULL},
    ),
)
