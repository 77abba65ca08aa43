"""The composition root: builds each part once and wires them; nothing is built at import."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from channels.base import Channel as Adapter
from gateway.adapters import build_adapters, build_services, project_channels, rule_project
from gateway.calls.caller import Caller
from gateway.calls.python_desk import PythonDesk
from gateway.clock import Bell, Clock
from gateway.decided import Decided
from gateway.guarding import Guard
from gateway.hindrances import Hindrances
from gateway.ingress import Ingress
from gateway.outcomes import Outcomes
from gateway.parts import Part
from gateway.reading import Reader
from gateway.rulebooks import Changes, Rulebooks
from gateway.sender import Sender
from gateway.settings import Settings, SettingsError
from gateway.timers import Timers
from gateway.uploads import UploadDesk
from gateway.watching import RulesWatch
from gateway.worker import Worker
from rules.effects import PlaceCall, SendMessage, SetTimer
from rules.loader import report
from storage.database import Storage
from storage.group_commit import GroupCommit

UNKNOWN_CHANNEL = "E205"
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
    on_decided: Callable[[Sequence[Decided]], None] = lambda decided: None
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Wire the parts: each rings the bell of the one that goes on with its rows."""
        self.inbox = GroupCommit(self.storage)
        self.outcomes = Outcomes(self.storage)
        self.worker_bell, self.reader_bell, self.timer_bell, self.caller_bell = (Bell(self.clock) for _ in range(4))
        self.worker = Worker(self.storage, self.rulebooks, self.clock, self.worker_bell, self._decided)
        self.reader = Reader(
            self.storage, self.adapters, self.rulebooks.channels, self.clock, self.reader_bell, self.worker_bell
        )
        self.timers = Timers(self.storage, self.clock, self.timer_bell, self.worker_bell.ring, self.rulebooks.paces)
        self.caller = Caller(
            self.storage,
            self.clock,
            self.caller_bell,
            build_services(self.settings),
            PythonDesk(self.settings.functions, self.settings.actions),
            self.worker_bell.ring,
        )
        self.senders = {name: self._sender(adapter) for name, adapter in self.adapters.items()}
        self.ingress = Ingress(self.adapters, self.rulebooks.channels, self.inbox, self.clock, self._kept)
        self.watch_bell = Bell(self.clock)
        self.watch = RulesWatch(
            self.settings.rules,
            self.rulebooks,
            self.storage,
            self.clock,
            self.watch_bell,
            report_changes,
            self.worker_bell.ring,
        )
        hindrances = Hindrances(self.rulebooks, self.settings.missing_secrets())
        self.guard = Guard(self.storage, hindrances, Bell(self.clock))
        self.uploads = UploadDesk(
            self.storage,
            self.settings.uploads,
            lambda: self.rulebooks.active,
            self.clock.now,
            self.wake,
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
        )

    def wake(self) -> None:
        """Rows were left from outside: by the API, an import, or a campaign that begins to run."""
        self.worker_bell.ring()
        self.timer_bell.ring()
        self.caller_bell.ring()
        for sender in self.senders.values():
            sender.bell.ring()

    def _kept(self, kind: str) -> None:
        (self.reader_bell if kind == "request" else self.worker_bell).ring()

    def _decided(self, decided: Sequence[Decided]) -> None:
        """A batch is committed: wake those who go on with what it left."""
        effects = [effect for d in decided for _, reaction in d.reactions for effect in reaction.effects]
        for channel in {effect.channel for effect in effects if isinstance(effect, SendMessage)}:
            if channel in self.senders:
                self.senders[channel].bell.ring()
        if any(isinstance(effect, SetTimer) for effect in effects):
            self.timer_bell.ring()
        if any(isinstance(effect, PlaceCall) for effect in effects):
            self.caller_bell.ring()
        self.outcomes.ring()
        self.on_decided(decided)

    async def take_up(self) -> None:
        """Take up where the last process left off; before the first request is answered."""
        await self.uploads.resume()

    async def start(self) -> None:
        """Begin to work."""
        parts: list[Part] = [self.worker, self.reader, self.timers, self.caller, *self.senders.values(), self.watch]
        parts.append(self.guard)
        self.tasks = [asyncio.create_task(part.run()) for part in parts]

    async def rest(self) -> None:
        """Begin nothing new, and give work in flight `STOP_SECONDS` to end. What was not ended is found on restart."""
        for bell in self._bells():
            bell.close()
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
        for adapter in self.adapters.values():
            await adapter.close()
        self.storage.close()

    def _bells(self) -> list[Bell]:
        return [
            self.worker_bell,
            self.reader_bell,
            self.timer_bell,
            self.caller_bell,
            self.watch_bell,
            self.guard.bell,
            *(sender.bell for sender in self.senders.values()),
        ]


def report_changes(changes: Changes, texts: dict[str, bytes]) -> None:
    """Say what a look at the rules folder brought; the mistakes in full and readable, for the operator at work."""
    for book in changes.books:
        log.info("rules_in_force", campaign=book.campaign, file=book.file, hash=book.hash[:12])
    if changes.errors:
        log.error("rules_refused", files=sorted({d.position.file for d in changes.errors}))
    if changes.warnings:
        log.warning("rules_doubtful", files=sorted({d.position.file for d in changes.warnings}))
    if told := (*changes.errors, *changes.warnings):
        print(report(told, texts), file=sys.stderr, flush=True)


async def open_gateway(settings: Settings, clock: Clock, *, migrate: bool = True) -> Gateway:
    """Build the gateway of a project. Raises `AlreadyRunning`, `StorageUnavailable`, `SchemaMismatch` or
    `SettingsError`."""
    storage = Storage(settings.database)
    try:
        storage.claim_process()
        if migrate:
            storage.migrate()
        else:
            storage.check_version()
        return await build_gateway(settings, clock, storage)
    except BaseException:
        storage.close()
        raise


async def build_gateway(settings: Settings, clock: Clock, storage: Storage) -> Gateway:
    """The gateway over storage that is ready, with its rules in force. Raises as `open_gateway` says."""
    rulebooks = Rulebooks(rule_project(settings), project_channels(settings))
    gateway = Gateway(settings, clock, storage, rulebooks, build_adapters(settings))
    await storage.run(rulebooks.restore)
    refuse_unknown_channels(await gateway.watch.load())
    await gateway.guard.look()
    return gateway


def refuse_unknown_channels(changes: Changes) -> None:
    """Settings and rule files must speak of the same channels. Raises `SettingsError` with each place.

    Any other mistake in a file is reported, and its campaign goes on with the version it ran on before.
    """
    unknown = [found for found in changes.diagnostics if found.code == UNKNOWN_CHANNEL]
    if unknown:
        raise SettingsError(tuple(f"{d.position}: {d.message} in pointsman.toml; {d.hint}" for d in unknown))
