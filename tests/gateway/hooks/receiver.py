"""A system outside that is told what happens: real HTTP on this machine. It checks signatures as the specification's
words have it (https://www.standardwebhooks.com), with nothing of the gateway's own code."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.gateway.running import SETTINGS, free_port, write_project

KEY = b"sandbox-hook-secret-of-pointsman"  # what the sandbox's secret stands for
BLOCK = 64  # bytes of a block of SHA-256

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


def says(status: int = 200, **headers: str) -> Behaviour:
    """Answers this status."""

    async def answers(request: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers, text="a-word-of-the-receiver")

    return answers


async def falls_silent(request: web.Request) -> web.StreamResponse:
    """Takes it and never answers."""
    await asyncio.Event().wait()
    raise AssertionError


async def drops(request: web.Request) -> web.StreamResponse:
    """Closes the connection."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def hmac_sha256(key: bytes, content: bytes) -> bytes:
    """RFC 2104, by hand."""
    padded = key.ljust(BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + content).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def is_signed(request: web.Request, body: bytes, key: bytes = KEY) -> bool:
    """Whether one of the signatures is that of this key."""
    head = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
    expected = "v1," + base64.b64encode(hmac_sha256(key, head + body)).decode()
    return expected in request.headers["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """What it was told, and how it behaves next; when that is used up, ``otherwise``."""

    port: int = field(default_factory=free_port)
    told: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    next: list[Behaviour] = field(default_factory=list)
    otherwise: Behaviour = field(default_factory=says)
    at_once: int = 0
    most_at_once: int = 0

    @property
    def types(self) -> list[str]:
        return [one["type"] for one in self.told]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        assert is_signed(request, body)
        assert (request.method, request.path) == ("POST", "/told")
        assert request.headers["Content-Type"] == "application/json"
        self.told.append(json.loads(body))
        self.ids.append(request.headers["webhook-id"])
        self.times.append(int(request.headers["webhook-timestamp"]))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await (self.next.pop(0) if self.next else self.otherwise)(request)
        finally:
            self.at_once -= 1


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[Receiver]:
    """It answers at its port, until the block ends."""
    application = web.Application()
    application.router.add_post("/{rest:.*}", receiver.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", receiver.port).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()


def write_hook_project(folder: Path, receiver: Receiver, *rules: str, more: str = "private = true") -> None:
    """A project that tells the receiver, as `crm`, what happens."""
    write_project(folder, *rules)
    hook = f'\n[hooks.crm]\nurl = "http://127.0.0.1:{receiver.port}/told"\n{more}\n'
    (folder / "pointsman.toml").write_text(f"{SETTINGS}{hook}")
