"""An outside service for tests: real HTTP on this machine; it checks signatures and answers as it is told."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.calls.signing import CALL, SIGNATURE, TIMESTAMP, signature
from gateway.settings import SANDBOX_SERVICE_SECRET
from tests.gateway.outsiders import Behaviour, Outsider, drops, falls_silent, listening
from tests.gateway.running import SETTINGS, write_project

__all__ = ["Behaviour", "Outside", "drops", "falls_silent", "listening"]


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


@dataclass(kw_only=True)
class Outside(Outsider):
    """The service, with what it was asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    otherwise: Behaviour = field(default_factory=says)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/"

    def hear(self, request: web.Request, body: bytes) -> None:
        expected = signature(SANDBOX_SERVICE_SECRET, request.headers[TIMESTAMP], body)
        assert request.headers[SIGNATURE] == f"v1={expected}"
        assert (request.method, request.path) == ("POST", "/hook/")
        self.asked.append(json.loads(body))
        self.keys.append(request.headers[CALL])


def write_service_project(folder: Path, outside: Outside, *rules: str, more: str = "timeout = 10") -> None:
    """A project that knows the service as `crm`."""
    write_project(folder, *rules)
    (folder / "pointsman.toml").write_text(f'{SETTINGS}\n[services.crm]\nurl = "{outside.url}"\n{more}\n')
