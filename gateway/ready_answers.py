"""Answers that are the same bytes each time, but for their date: they are made once and sent as they are."""

from email.utils import formatdate
from functools import lru_cache
from time import time

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpVersion11

from channels.base import Answer
from gateway.quiet_http import SERVER

REMEMBERED = 16  # answers; the channels have three, and those to a challenge are asked for once


class ReadyAnswer(web.StreamResponse):
    """An answer for any number of requests whose connections stay open. It holds nothing of any request, so that one
    is enough for all."""

    def __init__(self, answer: Answer) -> None:
        made = response(answer)
        super().__init__(status=made.status, headers=made.headers)
        lines = {**made.headers, hdrs.CONTENT_LENGTH: str(len(answer.body)), hdrs.SERVER: SERVER}
        told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._head = f"HTTP/1.1 {made.status} {made.reason}\r\n{told}"
        self._rest = answer.body
        self._second, self._whole = 0, b""

    @property
    def keep_alive(self) -> bool:
        """Whether the connection stays open."""
        return True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send it, unless who asked is gone."""
        if request.transport is not None:
            request.transport.write(self._dated(int(time())))
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing: it is sent."""

    def _dated(self, second: int) -> bytes:
        """The answer as of this second (RFC 9110, 6.6.1: a server that has a clock says when)."""
        if second != self._second:
            date = f"{hdrs.DATE}: {formatdate(second, usegmt=True)}\r\n\r\n"
            self._second, self._whole = second, (self._head + date).encode() + self._rest
        return self._whole


def answer_to(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """The answer to this request."""
    if request.keep_alive and request.version == HttpVersion11:
        return ready(answer)
    return response(answer)


@lru_cache(maxsize=REMEMBERED)
def ready(answer: Answer) -> ReadyAnswer:
    """The answer, made once."""
    return ReadyAnswer(answer)


def response(answer: Answer) -> web.Response:
    """An answer to one request."""
    headers = {hdrs.CONTENT_TYPE: answer.content_type} if answer.content_type else {}
    return web.Response(status=answer.status, body=answer.body, headers=headers)
