"""The outside services of a journey: real HTTP on this machine, written as docs/reference/services.md tells others to.

What a service answers is a list of rows, of which the first that fits is taken:

    when:   a part of the request that must be there (everything fits where it is left out)
    answer: the JSON object that is answered; or
    status: an HTTP status to answer; or
    slow:   true, to answer nothing in time
    times:  how often the row may be taken (as often as need be unless told)
"""

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from gateway.demo.play import free_port
from gateway.settings import SANDBOX_SERVICE_SECRET

RECENT = 300  # seconds that a signature may be old
TIMEOUT = 1  # seconds the gateway gives a service


def is_genuine(secret: str, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Whether a request was signed with the secret, and not long ago: as the reference tells it."""
    made = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    recent = timestamp.isdigit() and abs(now.timestamp() - int(timestamp)) < RECENT
    return recent and hmac.compare_digest(f"v1={made}".encode(), signature.encode())


@dataclass
class Service:
    """One service: what it answers, and what it was asked so far (each call once, however often it came)."""

    name: str
    rows: Sequence[Mapping[str, Any]]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    port: int = field(default_factory=free_port)
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken: Counter[int] = field(default_factory=Counter)

    @property
    def settings(self) -> str:
        """Its table of `pointsman.toml`."""
        return f'[services.{self.name}]\nurl = "http://127.0.0.1:{self.port}/{self.name}"\ntimeout = {TIMEOUT}\n'

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body, headers = await request.read(), request.headers
        stamp, signature = headers.get("X-Pointsman-Timestamp", ""), headers.get("X-Pointsman-Signature", "")
        if not is_genuine(SANDBOX_SERVICE_SECRET, stamp, signature, body, self.now()):
            return web.json_response({"error": "not signed"}, status=401)
        asked = json.loads(body)
        if headers.get("Content-Type") != "application/json" or headers.get("Idempotency-Key") != asked["call"]:
            return web.json_response({"error": "no call"}, status=400)
        self.asked[asked["call"]] = asked
        return await self._say(self._row_for(asked))

    def _row_for(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        for number, row in enumerate(self.rows):
            if holds(asked, row.get("when", {})) and self.taken[number] < row.get("times", float("inf")):
                self.taken[number] += 1
                return row
        return {"status": 404}

    async def _say(self, row: Mapping[str, Any]) -> web.Response:
        if row.get("slow"):
            await asyncio.sleep(TIMEOUT * 2)
        return web.json_response(row.get("answer", {}), status=row.get("status", 200))


def holds(whole: Any, part: Any) -> bool:
    """Whether everything of ``part`` is in ``whole``, at the same place."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(name in whole and holds(whole[name], part[name]) for name in part)
    return bool(whole == part)


@asynccontextmanager
async def listening(services: Mapping[str, Service]) -> AsyncIterator[None]:
    """The services answer, each at its port, until the block ends."""
    runners = [await _listen(service) for service in services.values()]
    try:
        yield
    finally:
        for runner in runners:
            await runner.cleanup()


async def _listen(service: Service) -> web.AppRunner:
    application = web.Application()
    application.router.add_post(f"/{service.name}", service.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", service.port).start()
    return runner
