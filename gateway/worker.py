"""The worker: takes waiting events in order, decides them, and writes what follows, a batch in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

import structlog

from gateway.batch import Batch, consent_of
from gateway.clock import Bell, Clock
from gateway.collecting import collected_later
from gateway.decided import Decided
from gateway.deciding import Desk
from gateway.hooks.aside import tell_parked
from gateway.hooks.decided import notices_of
from gateway.hooks.telling import SILENT, Telling
from gateway.keeping import row_of
from gateway.loading import load
from gateway.log_context import told_of_event
from gateway.node_counts import NodeCounting
from gateway.parts import MAX_ATTEMPTS, SWEEP, Rest, keep_working, reason_of
from gateway.rulebooks import CannotFollow, NoRulebook, Rulebooks
from gateway.scenes import Loaded, Scenes
from gateway.timers import give_back
from gateway.writing import write, write_opt_outs
from rules.reaction import LoopFound
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.values import WaitingEvent

BATCH = 100  # events decided in one transaction
OF_OTHERS = ("request",)  # kinds of events that are not the worker's

log = structlog.get_logger()


@dataclass
class Worker:
    """Decides every waiting event exactly once. ``on_decided`` is told of each batch once it is committed, and called
    with nothing after an event was parked; ``on_batch`` is told how many seconds a batch took to be committed.
    ``telling`` says who outside is told of what.

    An event of a campaign without a usable rulebook is held, and what follows in its lane behind it, until a rulebook
    comes into force; other lanes go on.

    ``shards`` are those it decides, None for all; of many processes each decides those whose turn it has, and
    ``storage`` writes only while it has it (see `gateway.shards`).
    """

    storage: Storage
    rulebooks: Rulebooks
    clock: Clock
    bell: Bell
    on_decided: Callable[[Sequence[Decided]], None]
    on_batch: Callable[[float], None] = lambda seconds: None
    telling: Telling = SILENT
    counting: NodeCounting = field(default_factory=NodeCounting)
    shards: tuple[int, ...] | None = None
    batch: int = BATCH

    async def run(self) -> None:
        """Work until the bell is closed."""
        await keep_working("worker", self.bell, self._turn)

    async def _turn(self) -> Rest | None:
        return None if await self.work_once() else Rest(SWEEP)

    async def work_once(self) -> int:
        """Decide one batch; of how many events, 0 where there was nothing to do."""
        events = await self.storage.read(lambda t: t.inbox.waiting(self.batch, exclude=OF_OTHERS, shards=self.shards))
        if events:
            await self._decide_all(events)
        return len(events)

    async def _decide_all(self, events: Sequence[WaitingEvent]) -> None:
        begun = monotonic()
        try:
            decided = await self.storage.run(lambda t: self.decide(t, events))
        except (StorageUnavailable, CannotFollow):
            raise
        except Exception as error:
            log.warning("batch_redone", events=len(events), reason=reason_of(error))
            await self._decide_singly(events)
        else:
            self.on_batch(monotonic() - begun)
            self.on_decided(decided)

    async def _decide_singly(self, events: Sequence[WaitingEvent]) -> None:
        """One bad event never fails its batch. Later events of its lane wait until it is decided or parked."""
        held: set[str] = set()
        for event in events:
            if event.lane not in held and not await self._decide_alone(event):
                held.add(event.lane)

    async def _decide_alone(self, event: WaitingEvent) -> bool:
        """True if the event waits no longer. Whatever is logged meanwhile names it."""
        with told_of_event(event):
            return await self._try_alone(event)

    async def _try_alone(self, event: WaitingEvent) -> bool:
        try:
            decided = await self.storage.run(lambda t: self.decide(t, [event]))
        except (StorageUnavailable, CannotFollow):
            raise
        except LoopFound as loop:
            await self._park(event, str(loop))
        except Exception as error:
            log.exception("event_failed", attempt=event.attempts + 1)
            return await self._failed(event, reason_of(error))
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
        log.error("event_parked", reason=reason)
        try:
            await self.storage.run(lambda t: park(t, event, reason, self.clock.now(), self.telling))
        except StorageUnavailable:
            raise
        except Exception:  # whatever it has that can't even be parked in full, it must not stop the others
            log.exception("event_parked_barely")
            await self.storage.run(lambda t: t.inbox.park(event.id, reason, self.clock.now()))
        self.on_decided(())

    @collected_later()
    def decide(self, t: Transaction, events: Sequence[WaitingEvent]) -> list[Decided]:
        """Decide those of ``events`` whose turn it still is, and write what follows, inside the transaction ``t``.
        Returns those that are not held. Raises `CannotFollow`."""
        events = t.inbox.in_turn(events, exclude=OF_OTHERS)
        now = moment_of(events, self.clock.now())
        campaigns = t.campaigns.all()
        running = frozenset(c["name"] for c in campaigns if c["status"] == "active")
        books = self.rulebooks.as_of(t, campaigns)
        loaded = load_with_versions(t, events, books, now)
        scenes = Scenes(loaded, books, running, behind=books.behind(campaigns))
        batch = Batch(scenes, now)
        decided = decide_in_order(t, events, Desk(scenes, books.channels, now), batch)
        write(t, batch, self.telling)
        if self.telling:
            self.telling.tell(t, notices_of(scenes, decided), now)
        give_back(t, books.paces(), decided)
        t.inbox.decided([one.event.id for one in decided], now)
        t.erasing.forget([one.event.id for one in decided if scenes.is_erased(one.customer)])
        t.node_counts.add(self.counting.rows(decided, books.active, now))  # last: rows that all workers share
        return decided


def moment_of(events: Sequence[WaitingEvent], now: datetime) -> datetime:
    """When these are decided (UTC): ``now``, and no timer before it was due. The clock of the host on which it fired
    may be ahead of ours: for ours its time would not have come, so that it is set anew, and fires again, and so on."""
    dues = (datetime.fromisoformat(event.payload["due"]) for event in events if event.kind == "timer")
    return max((now, *dues))


def load_with_versions(t: Transaction, events: Sequence[WaitingEvent], books: Rulebooks, now: datetime) -> Loaded:
    """As `load`, with the versions at hand that all of it began with: what these name, too, is among it."""
    loaded = load(t, events, books, now)
    while books.require(t, loaded.versions()):
        loaded = load(t, events, books, now)
    return loaded


def decide_in_order(t: Transaction, events: Sequence[WaitingEvent], desk: Desk, batch: Batch) -> list[Decided]:
    """Decide what can be decided and gather what follows; hold the rest, lane by lane."""
    decided, missing = [], set()
    held = t.inbox.held_lanes({event.lane for event in events})
    for event in events:
        try:
            one = None if event.lane in held else desk.decide(event)
        except NoRulebook as absent:
            one = None
            missing.add(absent.campaign)
        if one is None:
            held.add(event.lane)
            batch.hold(event)
        else:
            decided.append(one)
            batch.add(one)
    if batch.held:
        log.warning("events_held", events=len(batch.held), no_rules_for=sorted(missing))
    return decided


def park(t: Transaction, event: WaitingEvent, reason: str, now: datetime, telling: Telling) -> None:
    """Put an event aside with its reason: a STOP holds nevertheless, the row of an upload counts as failed."""
    if not t.inbox.still_waiting([event]):
        return
    write_opt_outs(t, filter(None, [consent_of(event)]), now, telling)
    t.inbox.park(event.id, reason, now)
    tell_parked(t, telling, event, reason, now)
    if upload := event.payload.get("upload"):
        problem = {"row": row_of(event.key), "field": "", "value": "", "reason": reason}
        t.uploads.report_failures(upload, [problem])
        t.uploads.finish_when_counted(upload, now)
