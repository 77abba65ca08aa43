"""A contact list on its way to the disk."""

import asyncio
from errno import EDQUOT, ENOSPC
from pathlib import Path
from shutil import disk_usage
from typing import BinaryIO

from aiohttp import web

from gateway.api.problems import Problem
from gateway.bodies import IDLE_SECONDS, pieces
from gateway.private_files import new_file, sync

MAX_UPLOAD_BYTES = 4 * 1024**3
KEPT_FREE_BYTES = 200_000_000  # of the disk: the database may be on it, and its owner's logs
CSV = "text/csv"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ALSO_TAKEN = ("text/tab-separated-values", "text/plain", WORKBOOK, "application/octet-stream")
FULL = (ENOSPC, EDQUOT)


class DiskFull(Exception):
    """So few bytes are free on the disk that no more are taken."""


def require_list(request: web.Request) -> str:
    """The charset that the request says its contact list has, "" for none. Raises 415 for what is no such list."""
    if "Content-Type" not in request.headers or request.content_type not in (CSV, *ALSO_TAKEN):
        named = ", ".join((CSV, *ALSO_TAKEN))
        raise Problem(415, "content-type", f"The body must be one of {named}", headers={"Accept": named})
    return request.charset or ""


async def receive(request: web.Request, path: Path, limit: int) -> None:
    """The body is a file on disk when this returns; nothing is left of it when this raises: 507 where the disk has no
    room for it, `BodyRefused` past ``limit`` bytes."""
    try:
        with new_file(path) as file:
            await asyncio.to_thread(_require_room, path, request.content_length or 0)
            async for piece in pieces(request, limit, IDLE_SECONDS):
                await asyncio.to_thread(_write, file, path, piece)
            await asyncio.to_thread(sync, file)
    except DiskFull as full:
        raise _full(str(full)) from None
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise _full("it is full") from None


def _write(file: BinaryIO, path: Path, piece: bytes) -> None:
    _require_room(path, len(piece))
    file.write(piece)


def _require_room(path: Path, size: int) -> None:
    free = disk_usage(path.parent).free
    if free - size < KEPT_FREE_BYTES:
        raise DiskFull(f"{free:,} bytes are free, of which {KEPT_FREE_BYTES:,} are kept free")


def _full(what: str) -> Problem:
    detail = f"on the disk of the uploads folder {what}: make room there, or send a smaller file; nothing was kept"
    return Problem(507, "disk-full", "The disk has no room for this file", detail)
