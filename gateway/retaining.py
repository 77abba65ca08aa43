"""Retention: contents older than the settings say are emptied, little by little, while everything else goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gateway.api.repeating import KEPT_FOR
from gateway.clock import Bell, Clock
from gateway.node_counts import HOURS_KEPT, day_of
from gateway.parts import Rest, keep_working
from gateway.settings_file import RetentionSettings
from storage.database import Storage
from storage.retention import Stretch
from storage.transaction import Transaction

BATCH = 250  # rows emptied in one transaction
PAUSE = 0.05  # seconds between two transactions: others write, too
EVERY = timedelta(hours=1)  # from the end of one round to the next
LOOK = 60.0  # seconds after which the clock is looked at though nobody rang

log = structlog.get_logger()

Empty = Callable[[Transaction, tuple[int, ...]], None]


@dataclass
class Retaining:
    """Goes through what is old, once an hour: messages, events (with the errors of uploads), decisions, answers to
    requests that may be repeated, what hooks were told, who changed what, and what passed nodes hour by hour.

    What is owed or not decided yet keeps its contents, and loses them in a later round. How far events and decisions
    are done is kept, so that a round begins where something may be left. ``zone_of`` is the time zone of a campaign.
    """

    storage: Storage
    clock: Clock
    bell: Bell
    settings: RetentionSettings
    zone_of: Callable[[str], str] = lambda campaign: "UTC"
    _after: dict[str, int] = field(default_factory=dict)  # how far this round has come
    _open: dict[str, int] = field(default_factory=dict)  # the first that this round had to leave
    _next: datetime | None = None

    async def run(self) -> None:
        """Work until the bell is closed; where another process did meanwhile, from where that has come to."""
        self._after, self._open, self._next = {}, {}, None
        await keep_working("retention", self.bell, self._turn)

    async def _turn(self) -> Rest:
        """Empty a batch of each kind; when there is no more of any, rest until the next round."""
        now = self.clock.now()
        if self._next and now < self._next:
            return Rest(LOOK, self._next)
        if await self.work_once(now):
            return Rest(PAUSE)
        self._next = now + EVERY
        self._after, self._open = {}, {}
        return Rest(LOOK, self._next)

    async def work_once(self, now: datetime) -> bool:
        """Empty a batch of each kind of what is too old ``now``; whether there may be more."""
        more = [
            await self._messages(before(now, self.settings.messages_days)),
            await self._events(before(now, self.settings.events_days)),
            await self._decisions(before(now, self.settings.decisions_days)),
            await self._repeats(now - KEPT_FOR),
            await self._deliveries(now - timedelta(days=self.settings.deliveries_days)),
            await self._trail(now - timedelta(days=self.settings.audit_days)),
            await self._counts(now - HOURS_KEPT),
        ]
        return any(more)

    async def _repeats(self, limit: datetime) -> bool:
        """What requests with an Idempotency-Key were answered: whoever repeats one does so soon."""
        return await self.storage.run(lambda t: t.repeats.forget(limit, BATCH)) == BATCH

    async def _deliveries(self, limit: datetime) -> bool:
        """What hooks were told, and what they never took in all that time."""
        gone = await self.storage.run(lambda t: t.deliveries.forget(limit, BATCH))
        if gone.owed:
            log.error("deliveries_given_up", deliveries=gone.owed)
        return gone.all == BATCH

    async def _trail(self, limit: datetime) -> bool:
        """Who changed what, and then the tokens that nothing in the trail can name any more."""
        more = await self.storage.run(lambda t: t.audit.forget(limit, BATCH)) == BATCH
        if not more:
            await self.storage.run(lambda t: t.tokens.forget(limit))
        return more

    async def _counts(self, limit: datetime) -> bool:
        """Hours in which paths passed nodes become days, so that the counts of years take little room."""
        return await self.storage.run(lambda t: t.node_counts.merge(limit, BATCH, self._day)) == BATCH

    def _day(self, campaign: str, hour: datetime) -> datetime:
        return day_of(hour, self.zone_of(campaign))

    async def _messages(self, limit: datetime | None) -> bool:
        if limit is None:
            return False
        old = await self.storage.read(lambda t: t.retention.old_messages(limit, BATCH))
        if old:
            await self.storage.run(lambda t: t.retention.empty_messages(old))
        return len(old) == BATCH

    async def _events(self, limit: datetime | None) -> bool:
        if limit is None:
            return False
        more = await self._walk("retention/events", limit, lambda t, ready: t.retention.empty_events(ready))
        gone = 0 if more else await self.storage.run(lambda t: t.retention.empty_uploads(limit, BATCH))
        return more or gone == BATCH

    async def _decisions(self, limit: datetime | None) -> bool:
        if limit is None:
            return False
        return await self._walk("retention/decisions", limit, lambda t, ready: t.retention.empty_decisions(ready))

    async def _walk(self, name: str, limit: datetime, empty: Empty) -> bool:
        """Go through the next events; whether there are more."""
        found = await self.storage.read(lambda t: self._stretch(t, name, limit))
        if found.first_open is not None:
            self._open.setdefault(name, found.first_open)
        done = self._open.get(name, found.last + 1) - 1
        if found.ready:
            await self.storage.run(lambda t: leave(t, name, done, found, empty))
        self._after[name] = found.last
        return found.more

    def _stretch(self, t: Transaction, name: str, limit: datetime) -> Stretch:
        row = t.progress.get(name)
        after = self._after.get(name, row["position"] if row else 0)
        return t.retention.stretch(after, limit, BATCH)


def leave(t: Transaction, name: str, done: int, found: Stretch, empty: Empty) -> None:
    empty(t, found.ready)
    row = t.progress.get(name)
    if row is None or row["position"] != done:
        t.progress.put(name, position=done)


def before(now: datetime, days: int | None) -> datetime | None:
    """The moment (UTC) before which contents are too old; None where they are kept for good."""
    return None if days is None else now - timedelta(days=days)
