"""A gateway's door for the sandbox's tests: keeps every webhook whose signature the providers' own SDKs accept."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from channels.sandbox import Person, Sandbox, SandboxSlack, SandboxTwilio, SlackUser
from gateway.clock import ManualClock
from gateway.sandbox_site import sandbox_app

ACCOUNT, TOKEN, NUMBER = "AC" + "0" * 32, "sandbox-auth-token", "+15550001111"
BOT_TOKEN, SIGNING_SECRET = "xoxb-sandbox", "sandbox-signing-secret"
ANNA, MAX = "+4915112345678", "+4915112345679"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Door:
    """What came in, and how many of the next webhooks are answered 503 instead of 200."""

    refuse: int = 0
    forms: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    commands: list[dict[str, str]] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)

    async def sms(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        signature = request.headers["X-Twilio-Signature"]
        assert RequestValidator(TOKEN).validate(str(request.url), form, signature)
        return self._answer(self.forms, form)

    async def slack(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        assert SignatureVerifier(SIGNING_SECRET).is_valid_request(body, dict(request.headers))
        self.retries.append(request.headers.get("X-Slack-Retry-Num", ""))
        if request.path.endswith("/events"):
            return self._answer(self.events, json.loads(body))
        form = dict(parse_qsl(body, keep_blank_values=True))
        if request.path.endswith("/commands"):
            return self._answer(self.commands, form)
        return self._answer(self.events, json.loads(form["payload"]))

    def statuses(self) -> list[str]:
        """The statuses called back, in order."""
        return [form["MessageStatus"] for form in self.forms if "MessageStatus" in form]

    def _answer(self, kept: list[Any], value: Any) -> web.Response:
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        kept.append(value)
        return web.Response()


@dataclass
class House:
    """A sandbox being served, its clock, and the door its webhooks knock at."""

    sandbox: Sandbox
    clock: ManualClock
    door: Door
    url: str

    @property
    def callback(self) -> str:
        """A status callback address that carries an id of ours."""
        return f"{self.url}/webhooks/sms/status?m=our-id-1"

    @property
    def port(self) -> int:
        """Where it listens: a restart is reached at the same address."""
        return int(self.url.rpartition(":")[2])

    async def settle(self) -> None:
        """Let everything that is due now happen, in flight included."""
        for _ in range(2_000):
            await asyncio.sleep(0.001)
            if self.sandbox.idle():
                return
        raise AssertionError("the sandbox does not come to rest")

    async def run(self, until_seconds: float = 1_000.0) -> None:
        """Jump from due time to due time, as the demo does, up to so many seconds after the start."""
        await self.settle()
        while (due := self.sandbox.next_due()) and (due - START).total_seconds() <= until_seconds:
            self.clock.advance_to(due)
            await self.settle()


@asynccontextmanager
async def house(
    journal: Path | None = None,
    people: tuple[Person, ...] = (),
    door: Door | None = None,
    clock: ManualClock | None = None,
    port: int = 0,
) -> AsyncIterator[House]:
    """A sandbox with a Twilio ``sms`` and a Slack ``team``, over loopback."""
    door, clock = door or Door(), clock or ManualClock(START)
    app = web.Application()
    app.router.add_post("/webhooks/sms/{route}", door.sms)
    app.router.add_post("/webhooks/team/{route}", door.slack)
    server = TestServer(app, port=port or unused_port())
    url = f"http://127.0.0.1:{server.port}"
    sandbox = Sandbox(url, (_twilio(), _slack()), journal, clock, people=people)
    app.add_subapp("/sandbox", sandbox_app(sandbox))
    await server.start_server()
    try:
        await sandbox.start()
        yield House(sandbox, clock, door, url)
    finally:
        await sandbox.close()
        await server.close()


def _twilio() -> SandboxTwilio:
    return SandboxTwilio("sms", ACCOUNT, TOKEN, NUMBER)


def _slack() -> SandboxSlack:
    users = (SlackUser("U1", "Ines", "ines@example.com"), SlackUser("U2", "Omar"))
    return SandboxSlack("team", BOT_TOKEN, SIGNING_SECRET, users=users, rooms=("general", "billing"))
