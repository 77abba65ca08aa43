"""The composition root: builds each part once and wires them; nothing is built at import."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from channels.base import Channel as Adapter
from gateway.adapters import build_adapters, build_hooks, build_services, project_channels, rule_project
from gateway.api.access import Access
from gateway.calls.caller import Caller
from gateway.calls.python_desk import PythonDesk
from gateway.clock import Bell, Clock
from gateway.connections import Connections
from gateway.counting import both, count_decided, count_send
from gateway.decided import Decided
from gateway.draining import Drainer, tell_outage, tell_set_aside
from gateway.guarding import Guard
from gateway.healing import Healer
from gateway.health import Health
from gateway.hindrances import Hindrances
from gateway.hooks.deliverer import Deliverer
from gateway.hooks.telling import telling_of
from gateway.imports.desk import UploadDesk
from gateway.ingress import Ingress
from gateway.lags import Lags
from gateway.metrics import Metrics
from gateway.outcomes import Outcomes
from gateway.parts import Part, PartEnded
from gateway.reading import Reader
from gateway.retaining import Retaining
from gateway.rule_reports import refuse_unknown_channels, report_changes
from gateway.rulebooks import Rulebooks
from gateway.sender import Sender
from gateway.settings import Settings
from gateway.shedding import Crowd
from gateway.sweeping import Sweeper
from gateway.timers import Timers, spared
from gateway.tracing.opening import open_tracing
from gateway.tracing.tracing import OFF, Tracing
from gateway.watching import RulesWatch
from gateway.worker import Worker
from rules.effects import PlaceCall, SendMessage, SetTimer
from storage.database import Storage
from storage.group_commit import GroupCommit
from storage.inbox_or_spool import InboxOrSpool
from storage.spool import Spool

FIRST_SWEEP_SECONDS = 10.0  # how long time-outs and sends wait at the start for what was missed meanwhile
STOP_SECONDS = 3.0  # how long work in flight may take to end after a stop was asked for; the restart settles the rest

log = structlog.get_logger()


@dataclass
class Gateway:
    """Every part of a running gateway. `open_gateway` builds it, `take_up` and `start` set it going, `rest` and
    `close` end it."""

    settings: Settings
    clock: Clock
    storage: Storage
    rulebooks: Rulebooks
    adapters: dict[str, Adapter]
    spool: Spool
    on_decided: Callable[[Sequence[Decided]], None] = lambda decided: None
    tracing: Tracing = OFF
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Wire the parts: each rings the bell of the one that goes on with its rows."""
        self.metrics = Metrics(self.adapters)
        self.safe_inbox = InboxOrSpool(self.storage, self.spool, self.metrics.events, tell_outage, tell_set_aside)
        self.inbox = GroupCommit(self.safe_inbox)
        self.connections = Connections()
        self.drainer = Drainer(self.safe_inbox, Bell(self.clock), self.wake)
        self.outcomes = Outcomes(self.storage)
        self.access = Access(self.storage, self.settings.api_token, self.clock)
        self.worker_bell, self.reader_bell, self.timer_bell, self.caller_bell = (Bell(self.clock) for _ in range(4))
        self.watch_bell = Bell(self.clock)
        self.deliverer = Deliverer(self.storage, self.clock, Bell(self.clock), build_hooks(self.settings))
        self.telling = telling_of({name: hook.settings for name, hook in self.deliverer.hooks.items()})
        decided, timed, told = self._decided, both(self.metrics.batch, self.tracing.batch), self.telling
        self.worker = Worker(self.storage, self.rulebooks, self.clock, self.worker_bell, decided, timed, told)
        who, bells = (self.adapters, self.rulebooks.channels), (self.reader_bell, self.worker_bell)
        self.reader = Reader(self.storage, *who, self.clock, *bells, told, self.tracing)
        self.timers = self._timers()
        self.caller = self._caller()
        self.senders = {name: self._sender(adapter) for name, adapter in self.adapters.items()}
        self.health = self._health()
        self.sweepers = self._sweepers()
        crowd, answered = Crowd(on_shed=self.metrics.shed), self.metrics.webhook
        self.ingress = Ingress(*who, self.inbox, self.clock, self._kept, answered, crowd, tracing=self.tracing)
        self.watch = self._watch()
        hindrances = Hindrances(self.rulebooks, self.settings.missing_secrets())
        self.guard = Guard(self.storage, hindrances, Bell(self.clock))
        self.healer = Healer(self.storage, lambda: self.rulebooks.active, self.clock, Bell(self.clock), self.wake)
        retained, zone_of = self.settings.retention, self.rulebooks.zone_of
        self.retaining = Retaining(self.storage, self.clock, Bell(self.clock), retained, zone_of)
        folder, campaigns = self.settings.uploads, lambda: self.rulebooks.active
        self.uploads = UploadDesk(self.storage, folder, campaigns, self.clock.now, self.wake, Bell(self.clock))

    def _health(self) -> Health:
        lags = Lags(self.clock, self.timers, self.senders, self.deliverer.hooks)
        inbox = self.safe_inbox
        return Health(self.storage, self.spool, self.inbox, self.metrics, self.connections, lambda: inbox.refuses, lags)

    def _timers(self) -> Timers:
        return Timers(
            self.storage,
            self.clock,
            self.timer_bell,
            self.worker_bell.ring,
            self.rulebooks.paces,
            lambda: self.spool.depth > 0,
        )

    def _caller(self) -> Caller:
        services = build_services(self.settings)
        functions = PythonDesk(self.settings.functions, self.settings.actions)
        return Caller(self.storage, self.clock, self.caller_bell, services, functions, self.worker_bell.ring)

    def _watch(self) -> RulesWatch:
        return RulesWatch(
            self.settings.rules,
            self.rulebooks,
            self.storage,
            self.clock,
            self.watch_bell,
            report_changes,
            self.worker_bell.ring,
        )

    def _sender(self, adapter: Adapter) -> Sender:
        channel = self.settings.channels[adapter.name]
        return Sender(
            adapter,
            self.storage,
            self.clock,
            Bell(self.clock),
            self.worker_bell.ring,
            resend_unknown=channel.unknown_sends == "resend",
            per_second=channel.messages_per_second,
            on_sent=both(partial(count_send, self.metrics), self.tracing.sent),
        )

    def _sweepers(self) -> list[Sweeper]:
        minutes = {name: self.settings.channels[name].sweep_minutes for name in self.adapters}
        return [self._sweeper(self.adapters[name], every) for name, every in minutes.items() if every]

    def _sweeper(self, adapter: Adapter, minutes: float) -> Sweeper:
        channel, every, bell = self.rulebooks.channels[adapter.name], timedelta(minutes=minutes), Bell(self.clock)
        return Sweeper(adapter, channel, self.storage, self.inbox, self.clock, bell, self._swept, every, self.tracing)

    def _swept(self, events: int) -> None:
        self.metrics.events("swept", events)
        self.worker_bell.ring()

    def wake(self) -> None:
        """Rows were left from outside: by the API, an import, or a campaign that begins to run."""
        self.worker_bell.ring()
        self.timer_bell.ring()
        self.caller_bell.ring()
        self.deliverer.bell.ring()
        for sender in self.senders.values():
            sender.bell.ring()

    def _kept(self, kind: str) -> None:
        (self.reader_bell if kind == "request" else self.worker_bell).ring()

    def _decided(self, decided: Sequence[Decided]) -> None:
        """A batch is committed: wake those who go on with what it left."""
        effects = [effect for d in decided for of in d.reactions for effect in of.reaction.effects]
        for channel in {effect.channel for effect in effects if isinstance(effect, SendMessage)}:
            if channel in self.senders:
                self.senders[channel].bell.ring()
        if any(isinstance(effect, SetTimer) for effect in effects) or spared(decided):
            self.timer_bell.ring()
        if any(isinstance(effect, PlaceCall) for effect in effects):
            self.caller_bell.ring()
        self.deliverer.bell.ring()
        self.outcomes.ring()
        count_decided(self.metrics, decided, self.clock.now())
        self.tracing.decided(decided, self.clock.now())
        self.on_decided(decided)

    async def take_up(self) -> None:
        """Take up where the last process left off, before the first request is answered. What it has left in the spool
        is moved once the gateway works, and whatever comes in until then goes behind it."""
        await self.uploads.look()

    async def start(self) -> None:
        """Begin to work."""
        at_once: list[Part] = [self.worker, self.reader, self.caller, self.watch, self.guard, self.drainer]
        at_once += [self.uploads, self.retaining, *self.sweepers, *([self.deliverer] if self.deliverer.hooks else [])]
        after_all: list[Part] = [self.timers, self.healer, *self.senders.values()]
        runs = [(part, part.run()) for part in at_once] + [(part, self._after_all(part)) for part in after_all]
        self.tasks = [asyncio.create_task(run, name=type(part).__name__) for part, run in runs]

    async def _after_all(self, part: Part) -> None:
        """Whatever people wrote while we were away, or before and waits in the spool, comes to the inbox before
        time-outs that came meanwhile, and before anything is sent that was owed then: a STOP may be among it."""
        swept = [asyncio.create_task(sweeper.caught_up.wait()) for sweeper in self.sweepers]
        try:
            if swept:
                await asyncio.wait(swept, timeout=FIRST_SWEEP_SECONDS)
        finally:
            for task in swept:
                task.cancel()
        await self.drainer.caught_up.wait()
        await part.run()

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
        for bell in self._bells():
            bell.close()
        self.outcomes.close()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=STOP_SECONDS)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def close(self) -> None:
        """Let go of everything; call after the last request was answered."""
        await self.uploads.close()
        await self.inbox.close()
        await self.caller.close()
        await self.deliverer.close()
        await self.tracing.close()
        for adapter in self.adapters.values():
            await adapter.close()
        self.spool.close()
        self.storage.close()

    def _bells(self) -> list[Bell]:
        return [
            self.worker_bell,
            self.reader_bell,
            self.timer_bell,
            self.caller_bell,
            self.watch_bell,
            self.guard.bell,
            self.drainer.bell,
            self.retaining.bell,
            self.healer.bell,
            self.deliverer.bell,
            self.uploads.bell,
            *(sender.bell for sender in self.senders.values()),
            *(sweeper.bell for sweeper in self.sweepers),
        ]


async def open_gateway(settings: Settings, clock: Clock, *, migrate: bool = True) -> Gateway:
    """Build the gateway of a project. Raises `AlreadyRunning`, `StorageUnavailable`, `SchemaMismatch` or
    `SettingsError`."""
    storage, spool = Storage(settings.database), Spool(settings.spool)
    try:
        storage.claim_process()
        spool.open()
        if migrate:
            storage.migrate()
        else:
            storage.check_version()
        return await build_gateway(settings, clock, storage, spool)
    except BaseException:
        spool.close()
        storage.close()
        raise


async def build_gateway(settings: Settings, clock: Clock, storage: Storage, spool: Spool) -> Gateway:
    """The gateway over storage that is ready, with its rules in force. Raises as `open_gateway` says."""
    rulebooks = Rulebooks(rule_project(settings), project_channels(settings))
    gateway = Gateway(settings, clock, storage, rulebooks, build_adapters(settings), spool, tracing=open_tracing())
    await storage.run(rulebooks.restore)
    refuse_unknown_channels(await gateway.watch.load())
    await gateway.guard.look()
    return gateway
