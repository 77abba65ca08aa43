"""The public edge of a gateway as it is run in earnest, spoken to in bytes; nothing of the sandbox is in it."""

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest

from channels.base import WebhookRequest
from gateway import buckets, ingress, refusing
from gateway.app import Gateway
from gateway.clock import ManualClock
from gateway.demo.play import free_port
from gateway.server import serving
from gateway.settings import Settings, load_settings
from tests.channels.signing import ACCOUNT_SID, NOW, PUBLIC_URL, SIGNING_SECRET, TOKEN
from tests.gateway.raw_http import Wire, send

API_TOKEN = "api-token-of-the-tests"
BOT_TOKEN = "xoxb-token-of-the-tests"
SECRETS = {
    "POINTSMAN_API_TOKEN": API_TOKEN,
    "POINTSMAN_CHANNELS__SMS__AUTH_TOKEN": TOKEN,
    "POINTSMAN_CHANNELS__TEAM__SIGNING_SECRET": SIGNING_SECRET,
    "POINTSMAN_CHANNELS__TEAM__BOT_TOKEN": BOT_TOKEN,
}
PROJECT = f"""
public_url = "{PUBLIC_URL}"
[channels.sms]
kind = "twilio"
account_sid = "{ACCOUNT_SID}"
from = "+15550001111"
sweep_minutes = 0
[channels.team]
kind = "slack"
team = "T00000001"
app_id = "A00000001"
sweep_minutes = 0
"""


@dataclass(frozen=True)
class Answered:
    """What came back: the status, the headers (lower-case names), the body, and how many events were kept for it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    kept: int = 0


@dataclass(frozen=True)
class Edge:
    """A gateway that listens, and whoever comes to it."""

    gateway: Gateway

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.settings.port}"

    async def ask(self, request: WebhookRequest) -> Answered:
        """Send a webhook as it is, byte by byte; what is answered, and how many events it left."""
        before = self.kept()
        answer = await self.exchange(*lines_of(request), body=request.body)
        return replace(answer, kept=self.kept() - before)

    async def exchange(self, *lines: str, body: bytes = b"") -> Answered:
        """Send these lines and a blank one, then the body, on a connection of its own."""
        wire = await send(self.url, *lines, "", body=body)
        try:
            return await answer_on(wire)
        finally:
            await wire.close()

    def kept(self) -> int:
        """How many webhooks were ever kept."""
        return len(self.payloads())

    def payloads(self) -> list[Any]:
        """What was kept of every webhook, in order; read behind the gateway's back."""
        file = self.gateway.settings.database.removeprefix("sqlite:///")
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            rows = database.execute(
                "SELECT payload FROM inbox WHERE kind = 'request' OR key LIKE 'sms:%' ORDER BY id"
            ).fetchall()
        return [json.loads(payload) for (payload,) in rows]


def lines_of(request: WebhookRequest) -> list[str]:
    """The head of a request. Each text holds one byte a letter, so that any bytes can be sent."""
    host = {"host": "gw.example.com", "content-length": str(len(request.body)), "connection": "close"}
    headers = {**host, **request.headers}
    return [latin(line) for line in (f"{request.method} {request.target} HTTP/1.1", *headed(headers))]


def headed(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items()]


def latin(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


async def answer_on(wire: Wire, *, body: bool = True) -> Answered:
    """The next answer on a connection; of one without a ``body``, only its head."""
    status, head = await wire.status(), {}
    while line := (await wire.reader.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        head[name.lower()] = value.strip()
    size = int(head.get("content-length", "0")) if body else 0
    return Answered(status, head, await wire.reader.readexactly(size))


class Frozen(datetime):
    """The moment at which all requests of the tests were signed."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return NOW.astimezone(tz)


def of_the_payloads(settings: Settings) -> Settings:
    """The same, with the team and the app that the recorded requests of `tests.channels.signing` name."""
    slack = settings.channels["team"].model_copy(update={"team": "T1", "app_id": "A1"})
    return replace(settings, channels={**settings.channels, "team": slack})


@asynccontextmanager
async def edge(folder: Path, *, burst: int = 1_000_000, project: str = PROJECT) -> AsyncIterator[Edge]:
    """A gateway with both channels at a free port, at the moment when `tests.channels.signing` signs. An address may
    be refused ``burst`` times before it is limited."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "pointsman.toml").write_text(f"port = {free_port()}\n{project}")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        patch.setattr(ingress, "datetime", Frozen)
        patch.setattr("gateway.refusing.datetime", Frozen)
        patch.setattr(buckets, "BURST", burst)
        patch.setattr(refusing, "WRONG_TOKENS", burst)
        patch.setattr(buckets, "PER_SECOND", 0.001)  # so that a slow machine gives nothing back meanwhile
        async with serving(of_the_payloads(load_settings(folder)), ManualClock(NOW)) as (gateway, _):
            yield Edge(gateway)
