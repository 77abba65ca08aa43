"""Request bodies on their way in: taken as they were sent, bounded in size, and not waited for without end."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError

from gateway.seldom import Seldom

IDLE_SECONDS = 30.0  # how long a body's next byte may take
BODIES_AT_ONCE = 1_000  # webhooks' bodies that are on their way; nearly all are there with their heads
BODIES_BYTES = 67_108_864  # that they may have together
PLAIN = "identity"  # the encoding that is none (RFC 9110, 8.4.1)
BROKEN = (web.RequestPayloadError, HttpProcessingError, OSError)  # what aiohttp raises where a body is cut or malformed


class BodyRefused(Exception):
    """A body that is not taken: 400 broken off, 408 too slow, 413 too large, 415 compressed."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(eq=False)
class Coming:
    """A body on its way, the time that it has, and how many bytes of it are here."""

    time: asyncio.Timeout
    size: int = 0


@dataclass
class Bodies:
    """All bodies that are on their way. Past `BODIES_AT_ONCE` or `BODIES_BYTES` the time of the oldest is up: so who
    sends slowly cannot keep out who sends at once."""

    _coming: OrderedDict[Coming, None] = field(default_factory=OrderedDict)  # oldest first
    _bytes: int = 0
    _full: Seldom = field(default_factory=lambda: Seldom("bodies_cut_off"))

    @contextmanager
    def coming(self, time: asyncio.Timeout) -> Iterator[Coming]:
        """One of them, for as long as the block runs."""
        one = Coming(time)
        self._coming[one] = None
        self._bound()
        try:
            yield one
        finally:
            self._leave(one)

    def grow(self, one: Coming, size: int) -> None:
        """So many bytes more of it are here."""
        if one in self._coming:
            one.size += size
            self._bytes += size
            self._bound()

    def _bound(self) -> None:
        while len(self._coming) > BODIES_AT_ONCE or self._bytes > BODIES_BYTES:
            oldest = next(iter(self._coming))
            self._full.tell(reason=f"of at most {BODIES_AT_ONCE} bodies with {BODIES_BYTES} bytes the oldest goes")
            self._leave(oldest)
            oldest.time.reschedule(asyncio.get_running_loop().time())

    def _leave(self, one: Coming) -> None:
        if one in self._coming:
            del self._coming[one]
            self._bytes -= one.size


async def whole(request: web.Request, limit: int, seconds: float, bodies: Bodies) -> bytes:
    """The body, of at most ``limit`` bytes, within so many seconds, fewer where too much comes at once.

    Raises `BodyRefused`.
    """
    if request.content.is_eof():
        return at_once(request, limit)
    found = bytearray()
    try:
        async with asyncio.timeout(seconds) as time:
            with bodies.coming(time) as one:
                async for piece in pieces(request, limit, seconds):
                    found += piece
                    bodies.grow(one, len(piece))
    except TimeoutError:
        raise BodyRefused(408, f"The body must be here within {seconds:g} seconds") from None
    return bytes(found)


def at_once(request: web.Request, limit: int) -> bytes:
    """A body that is here from its beginning to its end. Raises `BodyRefused`."""
    require_plain(request)
    try:
        body = request.content.read_nowait()
    except BROKEN:
        raise BodyRefused(400, "The body broke off or is malformed") from None
    if len(body) > limit:
        raise too_large(limit)
    return body


async def pieces(request: web.Request, limit: int, idle: float) -> AsyncIterator[bytes]:
    """The body piece by piece, each within ``idle`` seconds. Raises `BodyRefused` as soon as it can't be taken."""
    require_plain(request)
    told, size = request.content_length or 0, 0
    while max(told, size) <= limit:
        piece = await _next(request, idle)
        if not piece:
            return
        size += len(piece)
        if size <= limit:
            yield piece
    raise too_large(limit)


def require_plain(request: web.Request) -> None:
    """Raises `BodyRefused` 415 for a body that would have to be inflated."""
    if request.headers.get(hdrs.CONTENT_ENCODING, PLAIN).lower() != PLAIN:
        raise BodyRefused(415, "The body must come as it is, without Content-Encoding")


def too_large(limit: int) -> BodyRefused:
    return BodyRefused(413, f"The body may have at most {limit} bytes")


async def _next(request: web.Request, idle: float) -> bytes:
    try:
        async with asyncio.timeout(idle):
            return await request.content.readany()
    except TimeoutError:
        raise BodyRefused(408, f"The body must go on within {idle:g} seconds") from None
    except BROKEN:
        raise BodyRefused(400, "The body broke off or is malformed") from None
