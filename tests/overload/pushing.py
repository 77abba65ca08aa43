"""Webhooks at a given rate, whether they are answered or not: what the outside does, who does not wait for us."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

from benchmarks.load import is_whole

TICK = 0.01  # seconds between two bundles of requests
MOST_CONNECTIONS = 3_000  # of ours; a request that finds none free is not sent
PATIENCE = 15.0  # seconds after which a provider gives up
NO_ANSWER = 0
NOT_SENT = -1


@dataclass
class Push:
    """What became of every request: how often each status came, and how long its answers took (seconds)."""

    port: int
    taken: dict[int, list[float]] = field(default_factory=dict)
    accepted: set[bytes] = field(default_factory=set)  # the ids of what was answered 200
    idle: list["Wire"] = field(default_factory=list)
    wires: set["Wire"] = field(default_factory=set)
    opening: set["asyncio.Task[None]"] = field(default_factory=set)
    lags: list[float] = field(default_factory=list)  # how late we were ourselves, in seconds
    under_way: int = 0  # requests that have no answer yet

    @property
    def statuses(self) -> Counter[int]:
        return Counter({status: len(taken) for status, taken in self.taken.items()})

    async def bring(self, requests: Iterator[bytes], rate: float, seconds: float) -> None:
        """Begin so many requests a second for so many seconds; return when each was answered or given up."""
        start, sent, last = perf_counter(), 0, 0.0
        while (now := perf_counter() - start) < seconds:
            self.lags.append(now - last)
            last = now
            while sent < rate * now:
                self._ask(next(requests))
                sent += 1
            await asyncio.sleep(TICK)
        await self._all_answered()

    def ended(self, sid: bytes, status: int, seconds: float) -> None:
        """A request has come to its end."""
        self.under_way -= 1
        self.taken.setdefault(status, []).append(seconds)
        if status == 200:
            self.accepted.add(sid)

    def _ask(self, request: bytes) -> None:
        self.under_way += 1
        while self.idle:
            wire = self.idle.pop()
            if wire.is_open():
                return wire.send(request)
        if self.under_way <= MOST_CONNECTIONS:
            task = asyncio.create_task(self._ask_anew(request))
            self.opening.add(task)
            task.add_done_callback(self.opening.discard)
        else:
            self.ended(sid_of(request), NOT_SENT, 0.0)

    async def _ask_anew(self, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE):
                _, wire = await loop.create_connection(lambda: Wire(self), "127.0.0.1", self.port)
        except (OSError, TimeoutError):
            return self.ended(sid_of(request), NO_ANSWER, PATIENCE)
        self.wires.add(wire)
        wire.send(request)

    async def _all_answered(self) -> None:
        deadline = perf_counter() + PATIENCE
        while self.under_way and perf_counter() < deadline:  # noqa: ASYNC110 - they end by themselves
            await asyncio.sleep(TICK)
        for wire in list(self.wires):
            wire.abort()
        await asyncio.sleep(TICK)


class Wire(asyncio.Protocol):
    """A kept-alive connection, for one request after another."""

    def __init__(self, push: Push) -> None:
        self._push = push
        self._received = b""
        self._sid = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, request: bytes) -> None:
        """Send a webhook; its answer is counted when it comes."""
        self._sid, self._sent_at = sid_of(request), perf_counter()
        if self._transport is not None:
            self._transport.write(request)
        else:
            self._end(NO_ANSWER)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if is_whole(self._received):
            answer, self._received = self._received, b""
            self._end(int(answer[9:12]))
            if b"Connection: close" not in answer:
                self._push.idle.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._push.wires.discard(self)
        if self in self._push.idle:
            self._push.idle.remove(self)
        self._end(NO_ANSWER)

    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()

    def _end(self, status: int) -> None:
        if self._sid:
            sid, self._sid = self._sid, b""
            self._push.ended(sid, status, perf_counter() - self._sent_at)


def sid_of(request: bytes) -> bytes:
    """The MessageSid of a request of `benchmarks.forms`."""
    start = request.index(b"&MessageSid=") + len(b"&MessageSid=")
    return request[start : start + 34]
