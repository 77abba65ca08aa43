"""One worker process on a database that others share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from channels.base import InboundMessage
from gateway.clock import Bell, ManualClock
from gateway.decided import Decided
from gateway.incoming import new_event
from gateway.intake import Given
from gateway.keeping import keep_participants
from gateway.shards import Shards
from gateway.worker import Worker
from storage.values import shard_of
from tests.crash.shard_worker import SMS, new_rulebooks
from tests.storage.sharing import ask, sharing

START = datetime(2027, 3, 1, 8, tzinfo=UTC)
PATIENCE = 20.0  # seconds for something to come true
ADA = "+4915112345601"


class Site:
    """One process on the database, with a clock that stands still."""

    def __init__(self, url: str) -> None:
        self.storage = sharing(url)
        self.clock = ManualClock(START)
        self.decided: list[int] = []
        self.bell = Bell(self.clock)
        self.worker = Worker(self.storage, new_rulebooks(), self.clock, self.bell, self.note)
        self.shards = Shards(self.storage, self.worker, self.bell)

    def note(self, decided: Sequence[Decided]) -> None:
        self.decided += [one.event.id for one in decided]

    def begin(self) -> None:
        """The campaign runs, and Ada takes part in it."""
        with self.storage.transaction() as t:
            t.campaigns.ensure("play")
            t.campaigns.set_status("play", "active", START)
            keep_participants(t, "play", [Given(1, {"phone": ADA}, {})], source="api", now=START)

    def elsewhere(self, count: int) -> list[int]:
        """Others take part, too, until events wait in so many other shards than Ada's: those shards."""
        found: set[int] = set()
        while len(found) < count:
            number = self.waiting() + 1
            with self.storage.transaction() as t:
                given = [Given(number, {"phone": f"+4915112346{number:03}"}, {})]
                keep_participants(t, "play", given, source="api", now=START)
            found = {row[0] for row in ask(self.storage, "SELECT shard FROM inbox")} - {self.shard}
        return [*found]

    def events_in(self, shard: int) -> list[int]:
        rows = ask(self.storage, "SELECT id, shard FROM inbox ORDER BY id")
        return [number for number, where in rows if where == shard]

    def say(self, *numbers: int) -> None:
        """Ada writes."""
        messages = [InboundMessage(f"SM{number}", ADA, f"number {number}") for number in numbers]
        with self.storage.transaction() as t:
            t.inbox.keep([new_event(SMS, message, START) for message in messages])

    @property
    def shard(self) -> int:
        """Where Ada's events wait."""
        return shard_of(str(ask(self.storage, "SELECT lane FROM inbox ORDER BY id LIMIT 1")[0][0]))

    def waiting(self) -> int:
        with self.storage.reading() as t:
            return t.inbox.waiting_count()

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(met):  # noqa: ASYNC110 - what is waited for is in a database
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Its shards are worked at, and it stops cleanly."""
        working = asyncio.create_task(self.shards.run())
        yield
        self.bell.close()
        async with asyncio.timeout(PATIENCE):
            await working
