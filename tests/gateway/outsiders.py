"""Whoever is asked or told by a gateway in tests: real HTTP on this machine, behaving as it is told."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import web

from gateway.demo.play import free_port

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def falls_silent(request: web.Request) -> web.StreamResponse:
    """Takes it and never answers."""
    await asyncio.Event().wait()
    raise AssertionError


async def drops(request: web.Request) -> web.StreamResponse:
    """Closes the connection."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@dataclass(kw_only=True)
class Outsider(ABC):
    """How it behaves next; when that is used up, ``otherwise``; and how much it was asked at once."""

    port: int = field(default_factory=free_port)
    next: list[Behaviour] = field(default_factory=list)
    otherwise: Behaviour
    at_once: int = 0
    most_at_once: int = 0

    @abstractmethod
    def hear(self, request: web.Request, body: bytes) -> None:
        """See that it is as it should be, and note it."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.hear(request, await request.read())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await (self.next.pop(0) if self.next else self.otherwise)(request)
        finally:
            self.at_once -= 1


Who = TypeVar("Who", bound=Outsider)


@asynccontextmanager
async def listening(outsider: Who) -> AsyncIterator[Who]:
    """It answers at its port, until the block ends."""
    application = web.Application()
    application.router.add_post("/{rest:.*}", outsider.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", outsider.port).start()
    try:
        yield outsider
    finally:
        await runner.cleanup()
