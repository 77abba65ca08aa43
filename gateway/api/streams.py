"""Answers that are made while they are sent: files of any length, of which a piece at a time is in memory.

Each ends with a last chunk, and a compressed one with a checksum, only if it is whole: where something fails in the
middle the connection is cut off, so that nobody takes a part for the whole.
"""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from gateway.api.desk import DESK
from gateway.api.request_ids import REQUEST_ID
from gateway.api.sending import GZIP, VARY, accepts_gzip
from gateway.bodies import IDLE_SECONDS

LEAST_BYTES = 20_000  # of a file, that who reads it must take each second on the whole: few are sent at once
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")  # in the name of a file
HARD = struct.pack("ii", 1, 0)  # hang up at once, so that the other side's reads fail

log = structlog.get_logger()

Pieces = AsyncGenerator[bytes, None]


class NotRead(Exception):
    """Whoever asked takes nothing for `IDLE_SECONDS`, or less than `LEAST_BYTES` a second on the whole."""


class Stream(web.StreamResponse):
    """The answer 200 with these pieces as a file. `begun` makes one."""

    def __init__(self, pieces: Pieces, first: bytes, media: str, file: str) -> None:
        disposition = f'attachment; filename="{UNSAFE.sub("_", file)}"'
        super().__init__(headers={hdrs.CONTENT_DISPOSITION: disposition, hdrs.CACHE_CONTROL: "no-store"})
        self.content_type, self.charset = media, "utf-8"
        self.headers.update(VARY)
        self._pieces, self._first = pieces, first
        self._taken, self._waited = 0, 0.0

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the head and, unless that is all that is asked for, all pieces; the connection ends it if the file does
        not."""
        whole = request.method != hdrs.METH_HEAD
        if whole and accepts_gzip(request):
            self.enable_compression(GZIP)
        async with aclosing(self._pieces):
            writer = await super().prepare(request)
            if whole:
                with structlog.contextvars.bound_contextvars(request=request.get(REQUEST_ID, "")):
                    await self._send_or_cut_off(request)
        return writer

    async def _send_or_cut_off(self, request: web.BaseRequest) -> None:
        try:
            await self._send()
        except ConnectionError:
            pass  # whoever asked is gone
        except NotRead:
            log.warning("answer_not_read", bytes=self._taken)
            cut_off(request)
        except Exception as error:
            log.error("answer_cut_off", exc_info=error)
            tell_cut_off(request)
            cut_off(request)

    async def _send(self) -> None:
        if self._first:
            await self._take(self._first)
        async for piece in self._pieces:
            await self._take(piece)

    async def _take(self, piece: bytes) -> None:
        """Returns when so much of it is taken that the next one may be made. Raises `NotRead`."""
        begun = monotonic()
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self.write(piece)
        except TimeoutError:
            raise NotRead from None
        self._taken, self._waited = self._taken + len(piece), self._waited + monotonic() - begun
        if self._waited > IDLE_SECONDS + self._taken / LEAST_BYTES:
            raise NotRead


async def begun(pieces: Pieces, media: str, file: str) -> Stream:
    """A stream of which the first piece is there. Raises what making that raises."""
    return Stream(pieces, await anext(pieces, b""), media, file)


def tell_cut_off(request: web.BaseRequest) -> None:
    """Such an answer counts as a failure beside its status, which was sent before."""
    desk = request.config_dict.get(DESK) if isinstance(request, web.Request) else None
    if desk is not None:
        desk.on_cut_off()


def cut_off(request: web.BaseRequest) -> None:
    """End the connection in a way that nobody takes for the end of the answer."""
    transport = request.transport
    if transport is None:
        return
    wire: Any = transport.get_extra_info("socket")
    if wire is not None:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
    transport.abort()
