"""The worker: takes waiting events in order, decides them, and writes what follows, a batch in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.batch import Batch, consent_of
from gateway.clock import Bell, Clock
from gateway.deciding import Decided, Desk
from gateway.loading import load
from gateway.rulebooks import Rulebooks
from gateway.scenes import Scenes
from gateway.writing import write, write_opt_outs
from rules.reaction import LoopFound
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.values import WaitingEvent

BATCH = 100  # events decided in one transaction
MAX_ATTEMPTS = 3  # tries before an event that fails is parked
SWEEP = 1.0  # seconds after which the inbox is looked at though nobody rang: another process may have kept events
OUTAGE_PAUSE = 1.0  # seconds before the database is tried again

log = structlog.get_logger()


@dataclass
class Worker:
    """Decides every waiting event exactly once. ``on_decided`` is told of each batch once it is committed, and called
    with nothing after an event was parked."""

    storage: Storage
    rulebooks: Rulebooks
    clock: Clock
    bell: Bell
    on_decided: Callable[[Sequence[Decided]], None]

    async def run(self) -> None:
        """Work until the bell is closed."""
        while not self.bell.closed:
            try:
                busy = await self.work_once()
            except StorageUnavailable as error:
                log.error("database_unavailable", reason=str(error))
                await self.bell.wait(None, OUTAGE_PAUSE)
                continue
            if not busy:
                await self.bell.wait(None, SWEEP)

    async def work_once(self) -> bool:
        """Decide one batch; True if there was anything to do."""
        events = await self.storage.read(lambda t: t.inbox.waiting(BATCH, exclude=("request",)))
        if events:
            await self._decide_all(events)
        return bool(events)

    async def _decide_all(self, events: Sequence[WaitingEvent]) -> None:
        try:
            decided = await self.storage.run(lambda t: self.decide(t, events))
        except StorageUnavailable:
            raise
        except Exception as error:
            log.warning("batch_redone", events=len(events), reason=type(error).__name__)
            await self._decide_singly(events)
        else:
            self.on_decided(decided)

    async def _decide_singly(self, events: Sequence[WaitingEvent]) -> None:
        """One bad event never fails its batch. Later events of its lane wait until it is decided or parked."""
        held: set[str] = set()
        for event in events:
            if event.lane not in held and not await self._decide_alone(event):
                held.add(event.lane)

    async def _decide_alone(self, event: WaitingEvent) -> bool:
        """True if the event waits no longer."""
        try:
            decided = await self.storage.run(lambda t: self.decide(t, [event]))
        except StorageUnavailable:
            raise
        except LoopFound as loop:
            await self._park(event, str(loop))
        except Exception as error:
            log.exception("event_failed", inbox=event.id, kind=event.kind, attempt=event.attempts + 1)
            return await self._failed(event, f"{type(error).__name__}: {error}")
        else:
            self.on_decided(decided)
        return True

    async def _failed(self, event: WaitingEvent, reason: str) -> bool:
        if event.attempts + 1 >= MAX_ATTEMPTS:
            await self._park(event, f"failed {MAX_ATTEMPTS} times, last: {reason}")
            return True
        await self.storage.run(lambda t: t.inbox.attempted(event.id, reason))
        return False

    async def _park(self, event: WaitingEvent, reason: str) -> None:
        log.error("event_parked", inbox=event.id, kind=event.kind, reason=reason)
        await self.storage.run(lambda t: park(t, event, reason, self.clock.now()))
        self.on_decided(())

    def decide(self, t: Transaction, events: Sequence[WaitingEvent]) -> list[Decided]:
        """Decide ``events`` and write what follows, inside the transaction ``t``."""
        now = self.clock.now()
        campaigns = t.campaigns.all()
        running = frozenset(c["name"] for c in campaigns if c["status"] == "active")
        scenes = Scenes(load(t, events, self.rulebooks.channels), self.rulebooks, running)
        desk, batch = Desk(scenes, self.rulebooks.channels, now), Batch(scenes, now)
        decided = []
        for event in events:
            decided.append(desk.decide(event))
            batch.add(decided[-1])
        write(t, batch)
        t.inbox.decided([event.id for event in events], now)
        return decided


def park(t: Transaction, event: WaitingEvent, reason: str, now: datetime) -> None:
    """Put an event aside with its reason: a STOP holds nevertheless, the row of an upload counts as failed."""
    write_opt_outs(t, consent_of(event), now)
    t.inbox.park(event.id, reason, now)
    if upload := event.payload.get("upload"):
        problem = {"row": int(event.key.rpartition(":")[2]), "field": "", "value": "", "reason": reason}
        t.uploads.report_failures(upload, [problem])
        t.uploads.finish_when_counted(upload, now)
