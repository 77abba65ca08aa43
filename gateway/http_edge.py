"""One connection, byte by byte: it costs next to nothing until its first byte comes, the head of each request has a
time and a size, and a webhook that can't be taken now is turned away before anything of it is read.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from gateway.connections import Connections
from gateway.quiet_http import LINE_BYTES, SERVER, QuietHandler

BACKLOG = 512  # connections that the system holds for us until they are accepted; as many are accepted at once
HEAD_SECONDS = 10.0  # how long a new connection's first byte may take, and from its first byte on each head
HEAD_BYTES = 16_384  # how long it may be
HEAD_LINES = 64  # how many headers it may have
IDLE_SECONDS = 75.0  # how long a connection stays open between requests: longer than a proxy keeps one (60)
LINGERING_SECONDS = 2.0  # how long we go on reading a body that was refused, so that its sender reads our answer
DEAF_MILLISECONDS = 30_000  # how long who does not read our answers may go on doing so
READ_BYTES = 65_536  # of a body, that are held for who handles it; more is left to the sender

LIMITS: dict[str, Any] = {
    "keepalive_timeout": IDLE_SECONDS,
    "lingering_time": LINGERING_SECONDS,
    "max_headers": HEAD_LINES,
    "max_line_size": LINE_BYTES,
    "max_field_size": LINE_BYTES,
    "read_bufsize": READ_BYTES,
}
STRAIGHT: web.AppKey[dict[str, Handler]] = web.AppKey("straight", dict)  # by the raw path, without its query
WEBHOOK = b"POST /webhooks/"
LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*([0-9]{1,9})[ \t]*(?=\r\n|$)", re.IGNORECASE)
CHUNKED = b"transfer-encoding"
RETRY_SECONDS = 1  # after which who is turned away may come again
REASONS = {408: "Request Timeout", 431: "Request Header Fields Too Large", 503: "Service Unavailable"}


@dataclass
class Gate:
    """The connections of one server, and why no webhook is taken at this moment ("": they are)."""

    connections: Connections = field(default_factory=Connections)
    refusal: Callable[[], str] = lambda: ""
    on_shed: Callable[[str], None] = lambda reason: None

    def turns_away(self, data: bytes) -> bool:
        """Whether what came is the beginning of a webhook that can't be taken now."""
        if not data.startswith(WEBHOOK) or not (reason := self.refusal()):
            return False
        self.on_shed(reason)
        return True


class Stranger(asyncio.Protocol):
    """A connection that has sent nothing yet."""

    def __init__(self, gate: Gate, introduced: Callable[[], "Connection"]) -> None:
        self._gate = gate
        self._introduced = introduced

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self.force_close)
        self._gate.connections.came(self)

    def data_received(self, data: bytes) -> None:
        """From its first byte on it is a connection of aiohttp's; who is turned away may come again on it."""
        if self._gate.turns_away(data):
            return self._turn_away(data)
        self._leave()
        connection = self._introduced()
        self._transport.set_protocol(connection)
        connection.connection_made(self._transport)
        connection.data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._leave()

    def refuse(self, status: int) -> None:
        self._transport.write(refusal(status))
        self.force_close()

    def _turn_away(self, data: bytes) -> None:
        if not is_whole(data):
            return self.refuse(503)
        self._transport.write(refusal(503, stays=True))
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self.force_close)

    def force_close(self) -> None:
        self._transport.close()

    def _leave(self) -> None:
        self._timer.cancel()
        self._gate.connections.left(self)


class Connection(QuietHandler):
    """One connection: aiohttp's, which bounds the time between requests and the lines of a head, with bounds for the
    head as a whole."""

    __slots__ = ("_connections", "_gate", "_head_bytes", "_head_timer")

    def __init__(self, gate: Gate, server: Any, **options: Any) -> None:
        super().__init__(server, **options)
        self._gate = gate
        self._connections = gate.connections
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        limit_deafness(transport)
        self._begin_head()
        self._connections.came(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._end_head()
        self._connections.left(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        heads = self._request_count
        in_head = self._waiter is not None or not heads
        if in_head and not self._head_bytes and self._gate.turns_away(data):
            return self._turn_away(data)
        super().data_received(data)
        if self._request_count > heads:
            self._end_head()
            self._connections.asks(self)
        elif in_head:
            self._go_on_with_head(len(data))

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            if not self._messages:
                self._connections.rests(self)

    def _turn_away(self, data: bytes) -> None:
        if self.transport is not None and is_whole(data):
            self.transport.write(refusal(503, stays=True))
        else:
            self.refuse(503)

    def refuse(self, status: int) -> None:
        if self.transport is not None:
            self.transport.write(refusal(status))
        self.force_close()

    def _begin_head(self) -> None:
        self._head_timer = self._loop.call_later(HEAD_SECONDS, self._too_slow)

    def _go_on_with_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            self.refuse(431)
        elif self._head_timer is None:
            self._begin_head()

    def _end_head(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        """Who said something hears why; who said nothing would take an answer for one to what comes next."""
        if self._head_bytes:
            self.refuse(408)
        else:
            self.force_close()


def is_whole(data: bytes) -> bool:
    """Whether this is one request from its beginning to its end, so that the next one may follow on the connection."""
    head, blank, body = data.partition(b"\r\n\r\n")
    lengths = LENGTH.findall(head)
    return bool(blank) and len(lengths) == 1 and CHUNKED not in head.lower() and len(body) == int(lengths[0])


def refusal(status: int, *, stays: bool = False) -> bytes:
    """An answer that needs no request to be parsed, after which the connection is closed unless it ``stays``."""
    later = f"Retry-After: {RETRY_SECONDS}\r\n" if status == 503 else ""
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\nServer: {SERVER}\r\n{later}"
    close = "" if stays else "Connection: close\r\n"
    return f"{head}{close}Content-Length: 0\r\n\r\n".encode()


def limit_deafness(transport: asyncio.BaseTransport) -> None:
    """Have the system hang up on who is gone, or does not read what we answer. Linux knows this."""
    wire = transport.get_extra_info("socket")
    if wire is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        with suppress(OSError):  # a Unix socket, or one that is closed again
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAF_MILLISECONDS)


@dataclass(frozen=True)
class Straight:
    """What is asked at one of these addresses, as it is written there, goes straight to its handler, past all that the
    application has around its own: what it needs of that, it does itself."""

    handlers: Mapping[str, Handler]
    application: Callable[[Any], Awaitable[web.StreamResponse]]

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """The answer; of the application to everything else, and to who waits to be told to go on."""
        handler = self.handlers.get(request.raw_path.partition("?")[0])
        if handler is None or hdrs.EXPECT in request.headers:
            return await self.application(request)
        answer = await handler(request)
        answer.headers[hdrs.SERVER] = SERVER
        return answer


class Runner(web.AppRunner):
    """Serves an application over bounded connections; what is `STRAIGHT` in it, it never sees."""

    __slots__ = ("gate",)

    def __init__(self, app: web.Application, gate: Gate, **options: Any) -> None:
        super().__init__(app, **LIMITS, **options)
        self.gate = gate

    async def setup(self) -> None:
        """Make ready to listen."""
        await super().setup()
        made: Any = super().server
        straight: dict[str, Handler] | None = self.app.get(STRAIGHT)
        made.request_handler = Straight(straight or {}, made.request_handler)

    @property
    def server(self) -> Any:
        """What makes the protocol of each connection; None before `setup`."""
        return self._stranger if super().server else None

    def _stranger(self) -> Stranger:
        return Stranger(self.gate, self._connection)

    def _connection(self) -> Connection:
        made: Any = super().server
        return Connection(self.gate, made, loop=made._loop, **made._kwargs)

    async def shutdown(self) -> None:
        self.gate.connections.close_strangers()
        await super().shutdown()
