"""A load generator that costs a fraction of what any server does: requests made whole, answers barely read."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

from benchmarks.harness import Slice

PATIENCE_SECONDS = 10.0  # with a server that accepts no connection or answers no more
OK = b"HTTP/1.1 200"
_LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]+)\r\n", re.IGNORECASE)


class BadAnswer(Exception):
    """The server answered something else than 200: what is measured is not what it should be."""


@dataclass
class Load:
    """Requests on their way over some connections, one on each, until the time is up and ``least`` were answered."""

    requests: Iterator[bytes]
    least: int
    seconds: float
    start: float = 0.0
    end: float = 0.0
    latencies: list[float] = field(default_factory=list)
    over: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answered(self, sent_at: float, status_line: bytes) -> bool:
        """Count one answer; whether to go on."""
        if not status_line.startswith(OK):
            self.fail(BadAnswer(status_line.decode("latin-1")))
        if self.over.done():
            return False
        self.end = perf_counter()
        self.latencies.append(self.end - sent_at)
        if self.end - self.start < self.seconds or len(self.latencies) < self.least:
            return True
        self.over.set_result(None)
        return False

    def fail(self, error: Exception) -> None:
        if not self.over.done():
            self.over.set_exception(error)


class Connection(asyncio.Protocol):
    """One kept-alive connection: the next request leaves when the last one is answered."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._received = b""
        self._sent_at = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what TCP connections come with
        self.transport = transport

    def send(self) -> None:
        if self.transport:
            self._sent_at = perf_counter()
            self.transport.write(next(self._load.requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not is_whole(self._received):
            return
        status_line, self._received = self._received.partition(b"\r\n")[0], b""
        if self._load.answered(self._sent_at, status_line):
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        self._load.fail(error or ConnectionResetError("the server closed a connection"))


def is_whole(answer: bytes) -> bool:
    """Whether an HTTP answer has come to its end."""
    head, blank, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    return bool(blank) and len(body) >= (int(length[1]) if length else 0)


async def drive(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Slice:
    """Keep so many connections to this port of loopback busy for so many seconds. Only answers 200 count."""
    load = Load(requests, connections, seconds)
    opened = [await connect(port, load) for _ in range(connections)]
    load.start = perf_counter()
    for connection in opened:
        connection.send()
    try:
        async with asyncio.timeout(seconds + PATIENCE_SECONDS):
            await load.over
    finally:
        for connection in opened:
            if connection.transport:
                connection.transport.abort()
    return Slice(len(load.latencies), load.end - load.start, load.latencies)


async def connect(port: int, load: Load) -> Connection:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE_SECONDS):
        _, connection = await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
    return connection
