"""What the machinery around a gateway asks: is it alive, may it be sent requests, what does it count."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from aiohttp import web

from gateway.connections import Connections
from gateway.lags import Lags
from gateway.looking import Looking
from gateway.metrics import CONTENT_TYPE, Gauges, Metrics, Value
from gateway.roles import ALONE, Roles, in_words
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.group_commit import GroupCommit
from storage.spool import Spool
from storage.transaction import Transaction

LOOK_SECONDS = 2.0  # how long the database may take to answer; who asks gives up soon, too
NO_DATABASE = "the database does not answer"
NO_WRITES = "the database takes no writes"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the database told: how much is yet to be done, and for how long it has waited; ``at`` by `monotonic`."""

    counts: dict[str, int]
    lags: Gauges
    at: float

    def numbers(self) -> dict[str, float]:
        """How much is yet to be done, and how many seconds ago that was counted."""
        return {**self.counts, "counts_age_seconds": round(monotonic() - self.at, 3)}


@dataclass
class Health:
    """Answers for one process. ``refuses``: whether the last webhook could be kept nowhere. No ``spool``: none come
    here. ``hindrance`` says why a process that decides does not, "" where it does."""

    storage: Storage
    spool: Spool | None
    inbox: GroupCommit
    metrics: Metrics
    connections: Connections
    refuses: Callable[[], bool]
    lags: Lags
    roles: Roles = ALONE
    hindrance: Callable[[], str] = lambda: ""

    def __post_init__(self) -> None:
        """A database that is well answers the first look at once. The second counts whole queues: where they are long
        that takes its time, and is no sign of trouble."""
        self._answers = Looking(lambda: self.storage.read(lambda t: t.inbox.latest_time()))
        self._counts = Looking(self._count)
        self._backlog: Backlog | None = None

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
        """Whether webhooks are taken, and what is yet to be done, by all processes on this database.

        200 ``ready``; 200 ``spooling`` while they are kept in the spool, with a reason where the database does not
        answer; 503 ``unavailable`` where they could be kept nowhere. A process to which none come is ready while it
        can work; one that takes them and cannot decide says so in ``not_deciding``.
        """
        up, backlog = await self._look()
        told = self._told_roles()
        if reason := await self._hindrance(up):
            return web.json_response({"status": "unavailable", "reason": reason, **told}, status=503)
        told |= self._told_hindrance()
        if not up:
            return web.json_response({"status": "spooling", "reason": NO_DATABASE, **told, **self._spooled()})
        status = "spooling" if self.spool and self.spool.depth else "ready"
        numbers = backlog.numbers() if backlog else {}
        return web.json_response({"status": status, **told, **numbers, **self._spooled()})

    async def metrics_page(self, request: web.Request) -> web.Response:
        """What Prometheus reads. What only the database knows is left out while it does not answer, and so with the
        file of the spool."""
        up, backlog = await self._look()
        gauges: dict[str, Value] = {"database_up": up, "ready": not await self._hindrance(up)}
        gauges["follows_rules"] = not self.hindrance()
        gauges |= {**self._spooled(), **self.lags.now()}
        gauges |= {**backlog.numbers(), **backlog.lags} if backlog else {}
        gauges |= {"unkept_events": self.inbox.waiting, **await self._set_aside()}
        gauges |= {"open_connections": len(self.connections), "most_connections": self.connections.limit}
        return web.Response(body=self.metrics.text(gauges), headers={"Content-Type": CONTENT_TYPE})

    async def _hindrance(self, up: bool) -> str:
        """Why webhooks could be kept nowhere, or nothing could be done; "" where all is well."""
        if not self.spool:
            return self.hindrance() if up else NO_DATABASE
        trouble = NO_DATABASE if not up else NO_WRITES if self.refuses() else ""
        return f"{trouble}, and the spool can't be written" if trouble and not await can_spool(self.spool) else ""

    async def _set_aside(self) -> dict[str, int]:
        if not self.spool:
            return {}
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return {"set_aside_events": await self.spool.set_aside()}
        except (StorageUnavailable, TimeoutError):
            return {}

    async def _look(self) -> tuple[bool, Backlog | None]:
        """Whether the database answers, and what is to be done, as it was counted last; both within `LOOK_SECONDS`."""
        until = monotonic() + LOOK_SECONDS
        try:
            await self._answers.within(LOOK_SECONDS)
        except (StorageUnavailable, TimeoutError):
            return False, None
        try:
            return True, await self._counts.within(max(until - monotonic(), 0.0))
        except TimeoutError:
            return True, self._backlog
        except StorageUnavailable:
            return True, None

    async def _count(self) -> Backlog:
        begun = monotonic()
        counts, lags = await self.storage.read(self._count_in)
        self._backlog = Backlog(counts, lags, begun)
        return self._backlog

    def _count_in(self, t: Transaction) -> tuple[dict[str, int], Gauges]:
        return backlog(t) | self.lags.backlog_of_hooks(t), self.lags.read(t)

    def _told_roles(self) -> dict[str, object]:
        return {"roles": in_words(self.roles).split(", ")} if self.roles else {}

    def _told_hindrance(self) -> dict[str, str]:
        return {"not_deciding": reason} if (reason := self.hindrance()) else {}

    def _spooled(self) -> dict[str, int]:
        return {"spooled_events": self.spool.depth} if self.spool else {}


async def can_spool(spool: Spool) -> bool:
    """Whether its file can be written now."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await spool.check()
    except (StorageUnavailable, TimeoutError):
        return False
    return True


def backlog(t: Transaction) -> dict[str, int]:
    """What is yet to be done, by what it is."""
    return {
        "waiting_events": t.inbox.waiting_count(),
        "parked_events": t.parked.count(),
        "owed_messages": t.outbox.owed_count(),
        "open_calls": t.calls.open_count(),
    }
