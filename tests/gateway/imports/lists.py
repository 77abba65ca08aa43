"""Contact lists for tests: given to the API, or left in the uploads folder by whoever was killed."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from gateway.imports.chunks import Chunk, Counted, in_chunks, read_message
from gateway.imports.desk import add, upload_row
from gateway.imports.rows import count, keep
from gateway.sheets import Reading, open_sheet, read_rows
from storage.transaction import Transaction
from storage.values import Row
from tests.gateway.books import BOOK
from tests.gateway.desk import CAMPAIGN, NOW, Client, Desk
from tests.gateway.sheets.counted import count_rows

UPLOADS = f"{CAMPAIGN}/uploads"
CSV = {"Content-Type": "text/csv"}
HEADER = "external_id,amount_due\n"
UPLOAD = "1" * 32
OTHER = "2" * 32


async def settled(desk: Desk) -> None:
    """Let every import end, then decide its rows."""
    await desk.uploads.idle()
    await desk.work()


async def post(api: Client, text: str | bytes, query: str = "?file=contacts.csv") -> dict[str, Any]:
    """The upload of this list, as it was accepted."""
    data = text.encode() if isinstance(text, str) else text
    response = await api.post(f"{UPLOADS}{query}", data=data, headers=CSV)
    assert response.status == 202, await response.text()
    upload: dict[str, Any] = await response.json()
    assert response.headers["Location"].endswith(f"{UPLOADS}/{upload['upload']}")
    return upload


async def seen(api: Client, upload: str) -> dict[str, Any]:
    """The upload as the API tells it."""
    response = await api.get(f"{UPLOADS}/{upload}")
    assert response.status == 200
    body: dict[str, Any] = await response.json()
    return body


def left(desk: Desk, text: str, upload: str = UPLOAD, **changes: Any) -> None:
    """An upload that was accepted by a process that is gone."""
    desk.folder.mkdir(exist_ok=True)
    path = desk.uploads.path(upload)
    path.write_text(text)
    row = upload_row(upload, BOOK.campaign, "contacts.csv", open_sheet(path, BOOK, Reading()), NOW)
    with desk.storage.transaction() as t:
        add(t, {**row, **changes})


def chunks_of(desk: Desk, rows: int, upload: str = UPLOAD) -> list[Chunk]:
    """What the reader of this upload tells of its rows."""

    reads = read_rows(open_sheet(desk.uploads.path(upload), BOOK, Reading()), BOOK)
    found = [read_message(BytesIO(message)) for message in in_chunks(reads, rows)]
    return [chunk for chunk in found if isinstance(chunk, Chunk)]


def kept(desk: Desk, chunk: Chunk, upload: str = UPLOAD) -> bool:
    """Keep it, as a runner does that has counted the rows before and is killed afterwards."""
    rows = count_rows(open_sheet(desk.uploads.path(upload), BOOK, Reading()))
    with desk.storage.transaction() as t:
        t.uploads.begin(BOOK.campaign, upload, NOW)
        count(t, upload, Counted(rows, whole=True))
        return keep(t, upload, chunk, NOW)


def row_of(desk: Desk, upload: str = UPLOAD) -> Row:
    """What the database knows of it."""
    with desk.storage.reading() as t:
        return t.uploads.these([upload])[upload]


def change(desk: Desk, work: Callable[[Transaction], Any]) -> Any:
    """Do something in one transaction."""
    with desk.storage.transaction() as t:
        return work(t)
