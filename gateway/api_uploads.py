"""`/campaigns/{campaign}/uploads`: take a contact list, and say how far it is."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.api import DESK
from gateway.api_bodies import require_type
from gateway.api_listing import moment
from gateway.api_problems import RETRY_AFTER, Problem
from gateway.bodies import IDLE_SECONDS, pieces
from gateway.ids import is_id, new_id
from gateway.private_files import new_file, sync
from gateway.sheets import SheetRefused
from gateway.uploads import MAX_IMPORTS
from storage.values import Row

MAX_UPLOAD_BYTES = 200_000_000
MAX_FILE_NAME = 200
DEFAULT_FILE = "upload.csv"
UNSHOWN = ("id", "last_row")


async def post_upload(request: web.Request) -> web.Response:
    """Take a CSV file as the body (text/csv; the query ``file`` is its name): 202 with the upload, once it is on disk.

    422 where the file as a whole can't be imported, 503 where `MAX_IMPORTS` wait; wrong rows are told in the upload.
    """
    desk = request.app[DESK]
    book = desk.book(request)
    require_type(request, "text/csv")
    file = request.query.get("file") or DEFAULT_FILE
    if len(file) > MAX_FILE_NAME or not file.isprintable():
        raise Problem(422, "query", f"file must be a name of at most {MAX_FILE_NAME} printable characters")
    _require_turn(desk.uploads.imports)
    upload = new_id()
    await _receive(request, desk.uploads.path(upload))
    try:
        row, sheet = await desk.uploads.accept(upload, book, file)
    except SheetRefused as refused:
        raise Problem(422, "file", "This file can't be imported", str(refused)) from None
    answer = _upload(row) | {"warnings": list(sheet.warnings)}
    return web.json_response(answer, status=202, headers={"Location": f"{request.path}/{upload}"})


def _require_turn(imports: int) -> None:
    if imports >= MAX_IMPORTS:
        detail = f"{imports} uploads wait to be imported, of at most {MAX_IMPORTS}; send it again later"
        raise Problem(503, "busy", "Too many uploads at once", detail, headers={"Retry-After": RETRY_AFTER})


async def _receive(request: web.Request, path: Path) -> None:
    """The body is a file on disk when this returns; nothing is left of it when this raises."""
    with new_file(path) as file:
        async for piece in pieces(request, MAX_UPLOAD_BYTES, IDLE_SECONDS):
            await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(sync, file)


async def get_upload(request: web.Request) -> web.Response:
    """How far an upload is: processing, completed or failed (some row failed), counts, and every wrong row."""
    desk = request.app[DESK]
    book, upload = desk.book(request), request.match_info["upload"]
    row = await desk.storage.read(lambda t: t.uploads.get(upload)) if is_id(upload) else None
    if row is None or row["campaign"] != book.campaign:
        raise Problem(404, "unknown-upload", "Unknown upload", f"campaign {book.campaign} has no such upload")
    return web.json_response(_upload(row))


def _upload(row: Row) -> dict[str, Any]:
    times = {"started_at": moment(row["started_at"]), "finished_at": moment(row["finished_at"])}
    return {"upload": row["id"]} | {key: value for key, value in row.items() if key not in UNSHOWN} | times


ROUTES = (
    web.post("/campaigns/{campaign}/uploads", post_upload),
    web.get("/campaigns/{campaign}/uploads/{upload}", get_upload),
)
