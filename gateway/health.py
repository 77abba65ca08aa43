"""What the machinery around a gateway asks: is it alive, may it be sent requests, what does it count."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from gateway.connections import Connections
from gateway.metrics import CONTENT_TYPE, Metrics
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.group_commit import GroupCommit
from storage.spool import Spool
from storage.transaction import Transaction

LOOK_SECONDS = 2.0  # how long the database may take to answer; who asks gives up soon, too
NO_DATABASE = "the database does not answer"
NO_WRITES = "the database takes no writes"


@dataclass(frozen=True)
class Health:
    """Answers for one gateway. ``refuses``: whether the last webhook could be kept nowhere."""

    storage: Storage
    spool: Spool
    inbox: GroupCommit
    metrics: Metrics
    connections: Connections
    refuses: Callable[[], bool]
    _looks: list["asyncio.Task[dict[str, int] | None]"] = field(default_factory=list)  # the one under way, if any

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.metrics_page),
        ]

    async def healthz(self, request: web.Request) -> web.Response:
        """The process is alive."""
        return web.json_response({"status": "ok"})

    async def readyz(self, request: web.Request) -> web.Response:
        """Whether webhooks are taken, and what is yet to be done.

        200 ``ready``; 200 ``spooling`` while they are kept in the spool, with a reason where the database does not
        answer; 503 ``unavailable`` where they could be kept nowhere.
        """
        counts = await self._backlog()
        trouble = NO_DATABASE if counts is None else NO_WRITES if self.refuses() else ""
        if trouble and not await self._can_spool():
            reason = f"{trouble}, and the spool can't be written"
            return web.json_response({"status": "unavailable", "reason": reason}, status=503)
        if counts is None:
            return web.json_response({"status": "spooling", "reason": NO_DATABASE, **self._spooled()})
        status = "spooling" if self.spool.depth else "ready"
        return web.json_response({"status": status, **counts, **self._spooled()})

    async def metrics_page(self, request: web.Request) -> web.Response:
        """What Prometheus reads. What only the database knows is left out while it does not answer, and so with the
        file of the spool."""
        counts = await self._backlog()
        gauges = {"database_up": int(counts is not None), **(counts or {}), **self._spooled()}
        gauges |= {"unkept_events": self.inbox.waiting, **await self._set_aside()}
        gauges |= {"open_connections": len(self.connections), "most_connections": self.connections.limit}
        return web.Response(body=self.metrics.text(gauges), headers={"Content-Type": CONTENT_TYPE})

    async def _can_spool(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self.spool.check()
        except (StorageUnavailable, TimeoutError):
            return False
        return True

    async def _set_aside(self) -> dict[str, int]:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return {"set_aside_events": await self.spool.set_aside()}
        except (StorageUnavailable, TimeoutError):
            return {}

    async def _backlog(self) -> dict[str, int] | None:
        """None where the database does not answer. However many ask at once, it is asked once."""
        if not self._looks:
            self._looks.append(asyncio.create_task(self._look()))
            self._looks[0].add_done_callback(self._looks.remove)
        return await asyncio.shield(self._looks[0])

    async def _look(self) -> dict[str, int] | None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self.storage.read(backlog)
        except (StorageUnavailable, TimeoutError):
            return None

    def _spooled(self) -> dict[str, int]:
        return {"spooled_events": self.spool.depth}


def backlog(t: Transaction) -> dict[str, int]:
    """What is yet to be done, by what it is."""
    return {
        "waiting_events": t.inbox.waiting_count(),
        "parked_events": t.parked.count(),
        "owed_messages": t.outbox.owed_count(),
        "open_calls": t.calls.open_count(),
    }
