"""An outside service for tests: real HTTP on this machine; it checks signatures and answers as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.calls.signing import CALL, SIGNATURE, TIMESTAMP, signature
from gateway.settings import SANDBOX_SERVICE_SECRET
from tests.gateway.running import SETTINGS, free_port, write_project

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


def says(answer: Any = None, status: int = 200, **headers: str) -> Behaviour:
    """Answers JSON."""

    async def answers(request: web.Request) -> web.Response:
        return web.json_response({} if answer is None else answer, status=status, headers=headers)

    return answers


def sends(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    """Answers these bytes."""

    async def answers(request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers)

    return answers


def together(number: int) -> Behaviour:
    """Answers once so many are asked at the same time."""
    barrier = asyncio.Barrier(number)

    async def answers(request: web.Request) -> web.Response:
        await barrier.wait()
        return web.json_response({})

    return answers


async def falls_silent(request: web.Request) -> web.StreamResponse:
    """Takes the call and never answers."""
    await asyncio.Event().wait()
    raise AssertionError


async def drops(request: web.Request) -> web.StreamResponse:
    """Closes the connection."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@dataclass
class Outside:
    """The service: what it was asked, and how it behaves next; when that is used up it answers ``otherwise``."""

    port: int = field(default_factory=free_port)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    next: list[Behaviour] = field(default_factory=list)
    otherwise: Behaviour = field(default_factory=says)
    at_once: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        expected = signature(SANDBOX_SERVICE_SECRET, request.headers[TIMESTAMP], body)
        assert request.headers[SIGNATURE] == f"v1={expected}"
        assert (request.method, request.path) == ("POST", "/hook/")
        self.asked.append(json.loads(body))
        self.keys.append(request.headers[CALL])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await (self.next.pop(0) if self.next else self.otherwise)(request)
        finally:
            self.at_once -= 1


@asynccontextmanager
async def listening(outside: Outside) -> AsyncIterator[Outside]:
    """The service answers at its port, until the block ends."""
    application = web.Application()
    application.router.add_post("/{rest:.*}", outside.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", outside.port).start()
    try:
        yield outside
    finally:
        await runner.cleanup()


def write_service_project(folder: Path, outside: Outside, *rules: str, more: str = "timeout = 10") -> None:
    """A project that knows the service as `crm`."""
    write_project(folder, *rules)
    (folder / "pointsman.toml").write_text(f'{SETTINGS}\n[services.crm]\nurl = "{outside.url}"\n{more}\n')
