"""The composition root: builds each part once and wires them; nothing is built at import."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from channels.base import Channel as Adapter
from gateway.adapters import build_adapters, build_hooks, project_channels, rule_project
from gateway.api.access import Access
from gateway.bells import CALLER, DELIVERER, OUTCOMES, READER, TIMERS, sender_of
from gateway.clock import Clock
from gateway.comparing import fingerprint, tell_of_differences
from gateway.connections import Connections
from gateway.counting import both
from gateway.decided import Decided
from gateway.draining import Drainer, tell_outage, tell_set_aside
from gateway.guarding import Guard
from gateway.healing import Healer
from gateway.hindrances import Hindrances
from gateway.hooks.deliverer import Deliverer
from gateway.hooks.telling import telling_of
from gateway.imports.desk import UploadDesk
from gateway.ingress import Ingress
from gateway.metrics import Metrics
from gateway.outcomes import Outcomes
from gateway.parts import PartEnded
from gateway.reading import Reader
from gateway.retaining import Retaining
from gateway.roles import ALONE, Role, in_words
from gateway.rule_reports import refuse_unknown_channels
from gateway.rulebooks import Rulebooks
from gateway.settings import Settings
from gateway.shared_rulebooks import SharedRulebooks
from gateway.sharing import Alone, Shared, Sharing
from gateway.shedding import Crowd
from gateway.tracing.opening import open_tracing
from gateway.tracing.tracing import OFF, Tracing
from gateway.wiring import (
    GUARD,
    HEALER,
    RETAINING,
    caller_of,
    health_of,
    parts_of,
    ring_decided,
    senders_of,
    sweepers_of,
    timers_of,
    watch_of,
)
from gateway.worker import Worker
from storage.database import Storage
from storage.errors import AlreadyRunning
from storage.group_commit import GroupCommit
from storage.inbox_or_spool import InboxOrSpool
from storage.spool import Spool

STOP_SECONDS = 3.0  # how long work in flight may take to end after a stop was asked for; the restart settles the rest

log = structlog.get_logger()


@dataclass
class Gateway:
    """Every part of a gateway; a process runs those of its roles, and knows by the others what they would do.
    `open_gateway` builds it, `take_up` and `start` set it going, `rest` and `close` end it."""

    settings: Settings
    clock: Clock
    storage: Storage
    rulebooks: Rulebooks
    adapters: dict[str, Adapter]
    spool: Spool
    sharing: Sharing
    on_decided: Callable[[Sequence[Decided]], None] = lambda decided: None
    tracing: Tracing = OFF
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Wire the parts: each rings the bell of the one that goes on with its rows."""
        self.bells, writing, new = self.sharing.bells, self.sharing.writing, self.sharing.bells.new
        self.metrics = Metrics(self.adapters)
        self.safe_inbox = InboxOrSpool(self.storage, self.spool, self.metrics.events, tell_outage, tell_set_aside)
        self.inbox = GroupCommit(self.safe_inbox if self.takes else self.storage)
        self.connections = Connections()
        self.drainer = Drainer(self.safe_inbox, new(), self.wake)
        self.outcomes = Outcomes(self.storage)
        self.bells.on(OUTCOMES, self.outcomes.ring)
        self.access = Access(self.storage, self.settings.api_token, self.clock)
        self.worker_bell, self.watch_bell = new(), new()
        self.reader_bell, self.timer_bell, self.caller_bell = new(READER), new(TIMERS), new(CALLER)
        self.deliverer = Deliverer(writing(DELIVERER), self.clock, new(DELIVERER), build_hooks(self.settings))
        self.telling = telling_of({name: hook.settings for name, hook in self.deliverer.hooks.items()})
        decided, timed, told = self._decided, both(self.metrics.batch, self.tracing.batch), self.telling
        self.worker = Worker(self.storage, self.rulebooks, self.clock, self.worker_bell, decided, timed, told)
        who, bells = (self.adapters, self.rulebooks.channels), (self.reader_bell, self.worker_bell)
        self.reader = Reader(writing(READER), *who, self.clock, *bells, told, self.tracing)
        self.timers, self.caller, self.senders = timers_of(self), caller_of(self), senders_of(self)
        self.health, self.sweepers, self.watch = health_of(self), sweepers_of(self), watch_of(self)
        crowd, answered = Crowd(on_shed=self.metrics.shed), self.metrics.webhook
        self.ingress = Ingress(*who, self.inbox, self.clock, self._kept, answered, crowd, tracing=self.tracing)
        hindrances = Hindrances(self.rulebooks, self.settings.missing_secrets())
        self.guard = Guard(writing(GUARD), hindrances, new())
        self.healer = Healer(writing(HEALER), lambda: self.rulebooks.active, self.clock, new(), self.wake)
        retained, zone_of = self.settings.retention, self.rulebooks.zone_of
        self.retaining = Retaining(writing(RETAINING), self.clock, new(), retained, zone_of)
        folder, campaigns = self.settings.uploads, lambda: self.rulebooks.active
        shared, uploads = self.settings.roles != ALONE, (self.storage, folder, campaigns, self.clock.now)
        self.uploads = UploadDesk(*uploads, self.wake, new(), shared)

    @property
    def takes(self) -> bool:
        """Whether webhooks, requests of the API and contact lists come to this process."""
        return self.settings.plays(Role.INGRESS)

    def wake(self) -> None:
        """Rows were left from outside: by the API, an import, or a campaign that begins to run."""
        self.worker_bell.ring()
        hooked = [DELIVERER] if self.deliverer.hooks else []
        self.bells.ring(TIMERS, CALLER, *hooked, *map(sender_of, self.senders))

    def swept(self, events: int) -> None:
        """So many events were found at a provider that nobody had told of."""
        self.metrics.events("swept", events)
        self.worker_bell.ring()

    def _kept(self, kind: str) -> None:
        if kind == "request":
            self.bells.ring(READER)
        else:
            self.worker_bell.ring()

    def _decided(self, decided: Sequence[Decided]) -> None:
        ring_decided(self, decided)

    async def take_up(self) -> None:
        """Take up where the last process left off, before the first request is answered. What it has left in the spool
        is moved once the gateway works, and whatever comes in until then goes behind it."""
        if self.takes:
            await self.uploads.look()

    async def start(self) -> None:
        """Begin to work."""
        self.tasks = [asyncio.create_task(part.run(), name=name) for name, part in parts_of(self)]

    async def work_until(self, asked: asyncio.Event) -> None:
        """Return once a stop is asked for. Raises `PartEnded` when a part ends by itself: without one of them the
        gateway would answer and do half its work."""
        stop = asyncio.create_task(asked.wait())
        ended, _ = await asyncio.wait([stop, *self.tasks], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        for task in ended - {stop}:
            log.critical("part_ended", part=task.get_name(), exc_info=task.exception())
            raise PartEnded(f"{task.get_name()} has ended by itself; the log says why")

    async def rest(self) -> None:
        """Begin nothing new, and give work in flight `STOP_SECONDS` to end. What was not ended is found on restart."""
        self.bells.close()
        self.outcomes.close()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=STOP_SECONDS)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.sharing.tell()

    async def close(self) -> None:
        """Let go of everything; call after the last request was answered."""
        await self.uploads.close()
        await self.inbox.close()
        await self.caller.close()
        await self.deliverer.close()
        await self.tracing.close()
        for adapter in self.adapters.values():
            await adapter.close()
        await self.sharing.close()
        self.spool.close()
        self.storage.close()


async def open_gateway(settings: Settings, clock: Clock, *, migrate: bool = True) -> Gateway:
    """Build the gateway of a project. Raises `AlreadyRunning`, `StorageUnavailable`, `SchemaMismatch` or
    `SettingsError`."""
    storage, spool = Storage(settings.database), Spool(settings.spool)
    try:
        if settings.roles != ALONE:
            storage.share()
        storage.claim_process(in_words(settings.roles), fingerprint(settings))
        if settings.plays(Role.INGRESS):
            open_spool(spool, shared=settings.roles != ALONE)
        if migrate:
            storage.migrate()
        else:
            storage.check_version()
        return await build_gateway(settings, clock, storage, spool)
    except BaseException:
        spool.close()
        storage.close()
        raise


def open_spool(spool: Spool, *, shared: bool) -> None:
    """Open it for this process alone. Raises `AlreadyRunning`."""
    try:
        spool.open()
    except AlreadyRunning as error:
        if not shared:
            raise
        raise AlreadyRunning(f"{error}: give each ingress process a spool of its own, in POINTSMAN_SPOOL") from error


async def build_gateway(settings: Settings, clock: Clock, storage: Storage, spool: Spool) -> Gateway:
    """The gateway over storage that is ready, with its rules in force. Raises as `open_gateway` says."""
    alone = settings.roles == ALONE
    sharing = Alone(storage, clock) if alone else Shared(storage, settings.database, clock)
    rulebooks = (Rulebooks if alone else SharedRulebooks)(rule_project(settings), project_channels(settings))
    adapters = build_adapters(settings)
    gateway = Gateway(settings, clock, storage, rulebooks, adapters, spool, sharing, tracing=open_tracing())
    await storage.run(rulebooks.restore)
    refuse_unknown_channels(await gateway.watch.load())
    if alone:  # else it looks once it has its lease
        await gateway.guard.look()
    else:
        tell_of_differences(storage.processes(), settings)
    return gateway
