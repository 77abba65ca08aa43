"""Drive the demo: make the calls of a billing system, and move the clock whenever all is quiet."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from channels.sandbox import Sandbox
from gateway.app import Gateway
from gateway.clock import ManualClock
from gateway.demo.hourglass import Hourglass
from gateway.playing import start_campaign

CAMPAIGN = "payment_reminder"
STUCK = 60.0  # real seconds without an end after which the demo gives up
LENGTH = timedelta(days=12)


@dataclass
class Driver:
    """Moves one demo through its steps; ``marks`` is a folder with a file for each step that is done."""

    gateway: Gateway
    sandbox: Sandbox
    clock: ManualClock
    start: datetime
    marks: Path

    async def play(self, say: Callable[[str], None]) -> None:
        """Play what is not played yet. Raises TimeoutError where something goes on for `STUCK` seconds."""
        steps: tuple[tuple[str, timedelta, str, Callable[[], Awaitable[None]]], ...] = (
            ("start", timedelta(), "the campaign is started", self._start),
            ("import", timedelta(), "contacts.csv is uploaded", self._import),
            ("paid", timedelta(hours=1), "the billing system says that Dmitri has paid", self._paid),
        )
        for name, after, text, step in steps:
            await self._go_to(self.start + after)
            if not (self.marks / name).exists():
                say(f"== {text}")
                await step()
                (self.marks / name).touch()
        await self._go_to(self.start + LENGTH)

    async def _start(self) -> None:
        await start_campaign(self.gateway, CAMPAIGN)

    async def _import(self) -> None:
        contacts = (self.gateway.settings.folder / "contacts.csv").read_bytes()
        await self._call("POST", "uploads?file=contacts.csv", contacts, "text/csv")

    async def _paid(self) -> None:
        body = b'{"external_id": "4714", "fields": {"payment_status": "paid"}}'
        await self._call("PUT", "participants", body, "application/json")

    async def _call(self, method: str, path: str, body: bytes, content_type: str) -> None:
        settings = self.gateway.settings
        url = f"{settings.public_url}/api/v1/campaigns/{CAMPAIGN}/{path}"
        headers = {"Authorization": f"Bearer {settings.api_token.get_secret_value()}", "Content-Type": content_type}
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.request(method, url, data=body, headers=headers) as response,
        ):
            await response.read()

    async def _go_to(self, moment: datetime) -> None:
        async with asyncio.timeout(STUCK):
            await Hourglass(self.gateway, self.sandbox, self.clock).go_to(moment)
