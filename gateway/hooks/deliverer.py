"""The deliverer: claims what hooks are owed, sends it, and records what became of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from gateway.calls.kept_breakers import KeptBreakers
from gateway.clock import Bell, Clock
from gateway.hooks.posting import Hook, NotTaken, Outcome, Taken
from gateway.parts import Rest, keep_working
from storage.breakers import HOOK
from storage.database import Storage
from storage.deliveries import OwedDelivery
from storage.transaction import Transaction

SWEEP = 5.0  # seconds after which what is owed is looked at though nobody rang
MINUTE, HOUR = 60, 3_600
BACK_OFF = (5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
MAX_TRIES = len(BACK_OFF) + 1  # after which a delivery fails: more than three days after the first
DISABLED_AFTER = timedelta(days=5)  # of failures that follow one another
GAP = timedelta(hours=36)  # between failures that follow one another, at most: longer than between two tries
GONE = "it says that it wants to be told nothing any more (410)"

log = structlog.get_logger()


class Sending(NamedTuple):
    """A delivery under way."""

    delivery: OwedDelivery
    hook: Hook


@dataclass
class Deliverer:
    """Sends what is owed, each hook by itself, to each in the order in which things happened as far as retries and
    its `at_once` allow.

    Each delivery is sent at least once: what was under way when the process ended is sent again, under the same id. It
    may be run again after it was cancelled.
    Whom it leaves alone for a while, and who tells hooks next goes on from there, is kept in the database.
    A hook that took nothing for `DISABLED_AFTER` is disabled: what it is owed waits until an operator enables it.
    """

    storage: Storage
    clock: Clock
    bell: Bell
    hooks: Mapping[str, Hook]
    _sending: dict["asyncio.Task[Outcome]", Sending] = field(default_factory=dict)
    _sure: bool = False  # that nothing counts as being sent but what is being sent
    _breakers: KeptBreakers = field(init=False)

    def __post_init__(self) -> None:
        self._breakers = KeptBreakers(HOOK, self.hooks)

    async def run(self) -> None:
        """Work until the bell is closed; then see to it that what is under way comes to its end."""
        try:
            await keep_working("deliverer", self.bell, self._turn)
            while self._sending:
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
                await self._record_ended()
        finally:
            await self._cut_off()

    async def _cut_off(self) -> None:
        """Break off what is under way. Whoever delivers next, this or another process, sends it again."""
        sending, self._sending, self._sure = self._sending, {}, False
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        for hook in self.hooks.values():
            hook.cut_off()
        self._breakers.let_go()

    async def close(self) -> None:
        """Let go of connections; call after `run` has ended."""
        for hook in self.hooks.values():
            await hook.close()

    def next_due(self, t: Transaction) -> datetime | None:
        """When the next delivery can be begun, as far as time goes (UTC); None if none is owed."""
        return min((due for _, due in self._owed(t)), default=None)

    async def _turn(self) -> Rest | None:
        """Record what has come to its end and begin what is due. Each delivery that ends rings."""
        if not self._sure:
            await self._recover()
        self._sure = False
        await self._record_ended()
        rest = await self._begin_due()
        self._sure = True
        return rest

    async def _recover(self) -> None:
        under_way = [sending.delivery.id for sending in self._sending.values()]
        await self._breakers.recover(
            self.storage, lambda t: t.deliveries.recover(self.hooks, under_way), self.clock.now()
        )

    async def _begin_due(self) -> Rest | None:
        owed = await self.storage.read(self._owed)
        now = self.clock.now()
        begun = [hook for hook, due in owed if due <= now and await self._begin(hook, now)]
        return None if begun else Rest(SWEEP, min((due for _, due in owed if due > now), default=None))

    def _owed(self, t: Transaction) -> list[tuple[Hook, datetime]]:
        """The hooks that are owed something and are not disabled, with when that can be begun, the longest due
        first."""
        disabled, now = disabled_hooks(t) if self.hooks else set(), self.clock.now()
        able = (hook for name, hook in self.hooks.items() if name not in disabled)
        owed = [(hook, max(due, hook.opens_at(now))) for hook in able if (due := t.deliveries.next_due(hook.name))]
        return sorted(owed, key=lambda pair: pair[1])

    async def _begin(self, hook: Hook, now: datetime) -> int:
        """Claim as many as there is room for and begin to send them; how many there were."""
        room = hook.room(now, sum(sending.hook is hook for sending in self._sending.values()))
        claimed = await self.storage.run(lambda t: t.deliveries.claim(hook.name, now, room)) if room > 0 else []
        for delivery in claimed:
            hook.begun()
            task = asyncio.create_task(self._outcome(hook, delivery))
            task.add_done_callback(lambda _: self.bell.ring())
            self._sending[task] = Sending(delivery, hook)
        return len(claimed)

    async def _outcome(self, hook: Hook, delivery: OwedDelivery) -> Outcome:
        try:
            outcome = await hook.send(delivery, self.clock.now())
        except Exception:  # whatever it was, one delivery must not stop the others
            log.exception("delivery_broken", hook=hook.name, delivery=delivery.id)
            outcome = NotTaken("it could not be sent")
        hook.ended(outcome, self.clock.now())
        return outcome

    async def _record_ended(self) -> None:
        """Record the ends that there are in one transaction. If that fails they stay here, for the next turn."""
        ended = {task: sending.delivery for task, sending in self._sending.items() if task.done()}
        if not ended:
            return
        outcomes = [(delivery, task.result()) for task, delivery in ended.items()]
        disabled = await self._breakers.run(self.storage, lambda t: record(t, outcomes, self.clock.now()))
        for task in ended:
            del self._sending[task]
        for hook, reason in disabled.items():
            log.error("hook_disabled", hook=hook, reason=reason)


def record(t: Transaction, outcomes: list[tuple[OwedDelivery, Outcome]], now: datetime) -> dict[str, str]:
    """Record what became of these; the hooks that are disabled for it, each with the reason."""
    troubled, disabled = t.hook_troubles.all(), dict[str, str]()
    for delivery, outcome in outcomes:
        match outcome:
            case Taken():
                t.deliveries.delivered(delivery.id, now)
                if delivery.hook in troubled:
                    t.hook_troubles.is_well(delivery.hook)
            case NotTaken():
                _retry_or_fail(t, delivery, outcome, now)
                since = t.hook_troubles.failed(delivery.hook, outcome.error, now, GAP)
                reason = why_disabled(outcome, now - since)
                if reason and t.hook_troubles.disable(delivery.hook, now):
                    disabled[delivery.hook] = reason
    return disabled


def _retry_or_fail(t: Transaction, delivery: OwedDelivery, outcome: NotTaken, now: datetime) -> None:
    if delivery.attempts + 1 >= MAX_TRIES:
        log.error("delivery_failed", hook=delivery.hook, delivery=delivery.id, reason=outcome.error)
        t.deliveries.failed(delivery.id, f"{outcome.error} ({MAX_TRIES} tries)", now)
        return
    wait = max(outcome.wait, BACK_OFF[delivery.attempts])
    t.deliveries.retry(delivery.id, outcome.error, now + timedelta(seconds=wait))


def why_disabled(outcome: NotTaken, failing: timedelta) -> str:
    """Why a hook is told nothing any more; "": it is."""
    if outcome.gone:
        return GONE
    return f"it took nothing for {DISABLED_AFTER.days} days: {outcome.error}" if failing >= DISABLED_AFTER else ""


def disabled_hooks(t: Transaction) -> set[str]:
    """The names of those that are told nothing until an operator enables them."""
    return {name for name, row in t.hook_troubles.all().items() if row["disabled_at"]}
