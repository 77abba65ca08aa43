"""Request bodies on their way in: taken as they were sent, bounded in size, and not waited for without end."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.http import HttpProcessingError

IDLE_SECONDS = 30.0  # how long a body's next byte may take
BROKEN = (web.RequestPayloadError, HttpProcessingError, OSError)  # what aiohttp raises where a body is cut or malformed


class BodyRefused(Exception):
    """A body that is not taken: 400 broken off, 408 too slow, 413 too large, 415 compressed."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def whole(request: web.Request, limit: int, seconds: float) -> bytes:
    """The body, of at most ``limit`` bytes, within so many seconds. Raises `BodyRefused`."""
    try:
        async with asyncio.timeout(seconds):
            return b"".join([piece async for piece in pieces(request, limit, seconds)])
    except TimeoutError:
        raise BodyRefused(408, f"The body must be here within {seconds:g} seconds") from None


async def pieces(request: web.Request, limit: int, idle: float) -> AsyncIterator[bytes]:
    """The body piece by piece, each within ``idle`` seconds. Raises `BodyRefused` as soon as it can't be taken."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BodyRefused(415, "The body must come as it is, without Content-Encoding")
    told, size = request.content_length or 0, 0
    while max(told, size) <= limit:
        piece = await _next(request, idle)
        if not piece:
            return
        size += len(piece)
        if size <= limit:
            yield piece
    raise BodyRefused(413, f"The body may have at most {limit} bytes")


async def _next(request: web.Request, idle: float) -> bytes:
    try:
        async with asyncio.timeout(idle):
            return await request.content.readany()
    except TimeoutError:
        raise BodyRefused(408, f"The body must go on within {idle:g} seconds") from None
    except BROKEN:
        raise BodyRefused(400, "The body broke off or is malformed") from None
