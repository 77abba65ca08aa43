"""The sweeper: what a provider has and never told us, or told in vain, is found in its own lists."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import compress, islice

import structlog

from channels.base import Channel as Adapter
from channels.base import Incoming, OpenTalk
from channels.errors import ChannelError, SendThrottled
from gateway.clock import Bell, Clock
from gateway.incoming import new_event
from gateway.parts import Outage, Rest, keep_working, one_turn
from gateway.tracing.tracing import OFF, Tracing
from rules.book import Channel
from storage.database import Storage
from storage.errors import QueueFull
from storage.group_commit import GroupCommit
from storage.transaction import Transaction
from storage.values import Row

LOOK = 60.0  # seconds after which the clock is looked at though nobody rang
OVERLAP = timedelta(minutes=10)  # how far one sweep reaches into the one before: lists and clocks lag
WINDOW = timedelta(days=1)  # of a long absence, what is listed at once
AGES = (10, 60, 6 * 60, 24 * 60, 72 * 60)  # minutes after its last status at which an unsettled message is asked for
RETRY = timedelta(minutes=1)  # until a sweep that failed is tried again, unless the provider names a time
TALKS = 20  # looked into before a pause; Slack takes some 50 calls a minute and needs some for lost posts
PAUSE = 30.0  # seconds between so many talks
BATCH = 500  # events kept in one transaction

log = structlog.get_logger()


@dataclass
class Sweeper:
    """Asks one channel's provider, ``every`` so often, what people wrote and how our messages fare.

    Whatever it finds has the key that its webhook would have had, so what was heard before is not heard again. How far
    it has come is kept; at the start it goes on from there, and where there is no such mark from the backup that was
    restored lately, or from now on. ``on_kept`` is told how many events were found that nobody had told of;
    ``caught_up`` is set once the first sweep has ended.
    """

    adapter: Adapter
    channel: Channel
    storage: Storage
    inbox: GroupCommit
    clock: Clock
    bell: Bell
    on_kept: Callable[[int], None]
    every: timedelta
    tracing: Tracing = OFF
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)
    _not_before: datetime | None = None
    _left_off: tuple[datetime, str] | None = None  # a sweep cut off among talks: up to when it reads, after which talk

    @property
    def name(self) -> str:
        """Of its mark."""
        return f"sweep/{self.adapter.name}"

    async def run(self) -> None:
        """Sweep until the bell is closed; at first at once."""
        part, self._left_off = f"sweeper of {self.adapter.name}", None  # another process may have swept meanwhile
        await one_turn(Outage(part), self.sweep)
        self.caught_up.set()
        await keep_working(part, self.bell, self._turn)

    async def _turn(self) -> Rest | None:
        due = await self.storage.read(self.next_due)
        if due > self.clock.now():
            return Rest(LOOK, due)
        await self.sweep()
        return None

    def next_due(self, t: Transaction) -> datetime:
        """When the next sweep is due (UTC): the first at once."""
        at = t.progress.moment(self.name)
        due = at + self.every if at else self.clock.now()
        return max(due, self._not_before or due)

    async def sweep(self) -> None:
        """Find what is missing up to now. A provider that can't tell is asked again later, from the same mark; and so
        where more comes in than can be kept: webhooks go first."""
        now = self.clock.now()
        try:
            await self._sweep(now)
            self._not_before = None
        except (ChannelError, QueueFull) as error:
            told = timedelta(seconds=error.retry_after) if isinstance(error, SendThrottled) else RETRY
            self._not_before = now + max(told, RETRY)
            log.warning("sweep_failed", channel=self.adapter.name, reason=str(error))
        except Exception:
            self._not_before = now + RETRY  # whatever went wrong, the provider is not asked again and again
            raise

    async def _sweep(self, now: datetime) -> None:
        since = await self.storage.read(self._begins) or now
        while True:
            until = self._left_off[0] if self._left_off else self._ends(since, now)
            if since < until and not (await self._hear(since - OVERLAP, until) and await self._learn(since, until)):
                return
            await self.storage.run(lambda t, at=until: t.progress.put(self.name, at=at))  # type: ignore[misc]
            if until >= now:
                return
            since = until

    def _begins(self, t: Transaction) -> datetime | None:
        return t.progress.moment(self.name) or t.outbox.doubted_since(self.clock.now())

    def _ends(self, since: datetime, now: datetime) -> datetime:
        return now if self.adapter.looks_into_talks else min(now, since + WINDOW)

    async def _hear(self, since: datetime, until: datetime) -> bool:
        """Keep what people wrote; whether it came to its end before a stop was asked for."""
        if self.adapter.looks_into_talks:
            return await self._hear_talks(since, until)
        await self._keep(await self.adapter.missed(since, until))
        return True

    async def _hear_talks(self, since: datetime, until: datetime) -> bool:
        """As `_hear`. Where this was cut off (nearly always, for we asked too much) it goes on, one talk at a time."""
        at_once = 1 if self._left_off else TALKS
        self._left_off = self._left_off or (until, "")
        while talks := await self.storage.read(lambda t: self._next_talks(t, at_once)):
            await self._keep(await self.adapter.missed(since, until, tuple(talks.values())))
            self._left_off = (until, max(talks))
            if len(talks) == at_once:
                await self.bell.wait(None, PAUSE * at_once / TALKS)
            if self.bell.closed:
                return False
        self._left_off = None
        return True

    def _next_talks(self, t: Transaction, limit: int) -> Mapping[str, OpenTalk]:
        return talks_after(t, self.adapter.name, self._left_off[1] if self._left_off else "", limit)

    async def _learn(self, since: datetime, until: datetime) -> bool:
        """Keep how our own messages fare; whether it came to its end before a stop was asked for."""
        spans = [(since - age, until - age) for age in (timedelta(minutes=minutes) for minutes in AGES)]
        after = ""
        while rows := await self._unsettled(spans, after):
            await self._keep(await self.adapter.states({row["provider_id"]: row["id"] for row in rows}))
            after = rows[-1]["id"]
            if self.bell.closed:
                return False
        return True

    async def _unsettled(self, spans: list[tuple[datetime, datetime]], after: str) -> list[Row]:
        return await self.storage.read(lambda t: t.messages.unsettled(self.adapter.name, spans, after))

    async def _keep(self, items: Iterable[Incoming]) -> None:
        """Keep what is new of these, in their order, by the way that webhooks take: behind what is spooled."""
        now, rest, found = self.clock.now(), iter(items), 0
        while events := [new_event(self.channel, item, now) for item in islice(rest, BATCH)]:
            kept = await asyncio.gather(*map(self.inbox.keep, events))
            found += sum(kept)
            for event in compress(events, kept):
                self.tracing.received(event, 0.0)
        if found:
            log.warning("missed_webhooks_found", channel=self.adapter.name, events=found)
            self.on_kept(found)


def talks_after(t: Transaction, channel: str, after: str, limit: int) -> Mapping[str, OpenTalk]:
    """The next talks of this channel that go on, by their communications."""
    rows = t.communications.going_on(channel, after, limit)
    said = t.messages.last_said([row["id"] for row in rows])
    messages = t.messages.by_ids(set(said.values()))
    known = {talk: messages[message]["provider_id"] for talk, message in said.items() if message in messages}
    return {row["id"]: OpenTalk(row["address"], row["thread"], known.get(row["id"], "")) for row in rows}
