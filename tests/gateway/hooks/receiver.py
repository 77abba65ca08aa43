"""A system outside that is told what happens: real HTTP on this machine. It checks signatures as the specification's
words have it (https://www.standardwebhooks.com), with nothing of the gateway's own code."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.gateway.outsiders import Behaviour, Outsider, drops, falls_silent, listening
from tests.gateway.running import SETTINGS, write_project

__all__ = ["Behaviour", "Receiver", "drops", "falls_silent", "listening"]

KEY = b"sandbox-hook-secret-of-pointsman"  # what the sandbox's secret stands for
BLOCK = 64  # bytes of a block of SHA-256


def says(status: int = 200, **headers: str) -> Behaviour:
    """Answers this status."""

    async def answers(request: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers, text="a-word-of-the-receiver")

    return answers


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


@dataclass(kw_only=True)
class Receiver(Outsider):
    """It, with what it was told."""

    told: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    otherwise: Behaviour = field(default_factory=says)

    @property
    def types(self) -> list[str]:
        return [one["type"] for one in self.told]

    def hear(self, request: web.Request, body: bytes) -> None:
        assert is_signed(request, body)
        assert (request.method, request.path) == ("POST", "/told")
        assert request.headers["Content-Type"] == "application/json"
        self.told.append(json.loads(body))
        self.ids.append(request.headers["webhook-id"])
        self.times.append(int(request.headers["webhook-timestamp"]))


def write_hook_project(folder: Path, receiver: Receiver, *rules: str, more: str = "private = true") -> None:
    """A project that tells the receiver, as `crm`, what happens."""
    write_project(folder, *rules)
    hook = f'\n[hooks.crm]\nurl = "http://127.0.0.1:{receiver.port}/told"\n{more}\n'
    (folder / "pointsman.toml").write_text(f"{SETTINGS}{hook}")
