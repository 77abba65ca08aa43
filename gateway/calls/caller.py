"""The caller: claims calls that are owed, asks, records what came back, and tells it once the campaign runs."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog

from gateway.calls.kept_breakers import KeptBreakers
from gateway.calls.outcomes import Answered, Desk, Outcome, Refused, Unanswered
from gateway.calls.posting import NeverAsked, Service
from gateway.calls.rows import answer_event
from gateway.clock import Bell, Clock
from gateway.parts import Rest, keep_working
from storage.breakers import SERVICE
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import OwedCall

SWEEP = 5.0  # seconds after which the calls are looked at though nobody rang
MAX_TRIES = 5  # times that a call is asked before it fails for good
BACK_OFF = (1, 5, 30, 120)  # seconds between tries
BATCH = 500  # answers told in one transaction
WEBHOOK = "webhook"

log = structlog.get_logger()


class Target(NamedTuple):
    """Who is asked: a service (kind webhook) or a function (python)."""

    kind: str
    name: str


class Asked(NamedTuple):
    """A call in flight."""

    call: OwedCall
    desk: Desk


@dataclass
class Caller:
    """Asks whatever is owed; the calls of one subject one after another, different subjects at once.

    A call is asked at least once: what was being asked when the process ended is asked again, under the same id. It may
    be run again after it was cancelled. Which services it leaves alone for a while, and how soon their pace allows the
    next call, is kept in the database: who asks next goes on from there.
    ``services`` by their names; ``functions`` asks the operator's. ``on_told`` is called after answers became events.
    ``hindered`` says of the database as it is whether others may know what this process does not: then it begins
    nothing, lest it fail a call to a service that only its own settings lack.
    """

    storage: Storage
    clock: Clock
    bell: Bell
    services: Mapping[str, Desk]
    functions: Desk
    on_told: Callable[[], None]
    hindered: Callable[[Transaction], bool] = lambda t: False
    _asking: dict["asyncio.Task[Outcome]", Asked] = field(default_factory=dict)
    _missing: dict[str, Desk] = field(default_factory=dict)
    _sure: bool = False  # that nothing counts as being asked but what is being asked
    _breakers: KeptBreakers = field(init=False)

    def __post_init__(self) -> None:
        services = {name: desk for name, desk in self.services.items() if isinstance(desk, Service)}
        self._breakers = KeptBreakers(SERVICE, services)

    async def run(self) -> None:
        """Work until the bell is closed; then see to it that what is being asked comes to its end."""
        try:
            await keep_working("caller", self.bell, self._turn)
            while self._asking:
                await asyncio.wait(self._asking, return_when=asyncio.FIRST_COMPLETED)
                await self._record_ended()
        finally:
            await self._cut_off()

    async def _cut_off(self) -> None:
        """Break off what is being asked. Whoever asks next, this or another process, asks it again."""
        asking, self._asking, self._sure = self._asking, {}, False
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        for desk in (*self.services.values(), self.functions):
            desk.cut_off()
        self._breakers.let_go()

    async def close(self) -> None:
        """Let go of connections and processes; call after `run` has ended."""
        for desk in (*self.services.values(), self.functions):
            await desk.close()

    def next_due(self, t: Transaction) -> datetime | None:
        """When the next call can be begun, as far as time goes (UTC); None if none is owed."""
        dues = (due for target in t.calls.targets() if (due := self._due(t, Target(*target))))
        return min(dues, default=None)

    def _due(self, t: Transaction, target: Target) -> datetime | None:
        due, opens = t.calls.next_due(*target), self._desk(target).opens_at(self.clock.now())
        return max(due, opens) if due and opens else None

    def _desk(self, target: Target) -> Desk:
        if target.kind != WEBHOOK:
            return self.functions
        missing = NeverAsked(f"{target.name} is no service of the settings any more")
        return self.services.get(target.name) or self._missing.setdefault(target.name, missing)

    async def _turn(self) -> Rest | None:
        """Record what has come to its end, tell what can be told, begin what is due. Each call that ends rings."""
        if not self._sure:
            await self._recover()
        self._sure = False
        told = await self._record_ended()
        rest = await self._begin_due()
        self._sure = True
        return None if told == BATCH else rest

    async def _recover(self) -> None:
        asking = [asked.call.id for asked in self._asking.values()]
        await self._breakers.recover(self.storage, lambda t: t.calls.recover(asking), self.clock.now())

    async def _begin_due(self) -> Rest | None:
        """Begin what is due where there is room; how long to rest if that is nothing."""
        owed = await self.storage.read(self._owed)
        begun = [target for target, due in owed if due <= self.clock.now() and await self._begin(target)]
        if begun:
            return None
        return Rest(SWEEP, min((due for _, due in owed if due > self.clock.now()), default=None))

    def _owed(self, t: Transaction) -> list[tuple[Target, datetime]]:
        targets = [Target(*target) for target in t.calls.targets()]
        if not targets or self.hindered(t):
            return []
        owed = [(target, due) for target in targets if (due := self._due(t, target))]
        return sorted(owed, key=lambda pair: pair[1])

    async def _begin(self, target: Target) -> int:
        """Claim as many calls as there is room for and begin to ask them; how many there were."""
        desk, now = self._desk(target), self.clock.now()
        room = desk.room(now, sum(asked.desk is desk for asked in self._asking.values()))
        claim = partial(self._claim, target, desk, now, room)
        claimed = await self._breakers.run(self.storage, claim) if room > 0 else []
        for call in claimed:
            desk.begun(now)
            task = asyncio.create_task(self._outcome(call, desk))
            task.add_done_callback(lambda _: self.bell.ring())
            self._asking[task] = Asked(call, desk)
        return len(claimed)

    @staticmethod
    def _claim(target: Target, desk: Desk, now: datetime, room: int, t: Transaction) -> list[OwedCall]:
        claimed = t.calls.claim(now, room, *target)
        if claimed:
            desk.claimed(now)
        return claimed

    async def _outcome(self, call: OwedCall, desk: Desk) -> Outcome:
        try:
            outcome = await desk.ask(call, self.clock.now())
        except Exception:  # whatever it was, one call must not stop the others
            log.exception("call_failed", call=call.id, target=call.target)
            outcome = Unanswered(f"{call.target} could not be asked")
        desk.ended(outcome, self.clock.now())
        return outcome

    async def _record_ended(self) -> int:
        """Record the ends that there are and tell what can be told, at most `BATCH`, in one transaction; how many.

        If that fails they stay here, and the next turn records them.
        """
        ended = {task: asked.call for task, asked in self._asking.items() if task.done()}
        if not ended and not await self.storage.read(lambda t: t.calls.any_tellable()):
            return 0
        outcomes = [(call, task.result()) for task, call in ended.items()]
        told = await self._breakers.run(self.storage, lambda t: self._record(t, outcomes))
        for task in ended:
            del self._asking[task]
        if told:
            self.on_told()
        return told

    def _record(self, t: Transaction, outcomes: list[tuple[OwedCall, Outcome]]) -> int:
        now = self.clock.now()
        for call, outcome in outcomes:
            self._record_one(t, call, outcome, now)
        answered = t.calls.take_answered(BATCH)
        t.inbox.keep_all([answer_event(call, now) for call in answered])
        return len(answered)

    @staticmethod
    def _record_one(t: Transaction, call: OwedCall, outcome: Outcome, now: datetime) -> None:
        match outcome:
            case Answered():
                t.calls.answered(call.id, dict(outcome.answer), "")
            case Refused():
                log.warning("call_refused", call=call.id, reason=outcome.error)
                t.calls.answered(call.id, None, outcome.error)
            case Unanswered() if call.attempts + 1 >= MAX_TRIES:
                log.warning("call_given_up", call=call.id, reason=outcome.error)
                t.calls.answered(call.id, None, f"{outcome.error} ({MAX_TRIES} tries)")
            case Unanswered():
                wait = max(outcome.wait, BACK_OFF[call.attempts])
                t.calls.retry(call.id, now + timedelta(seconds=wait))
