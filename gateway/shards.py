"""Shards: of many worker processes, each decides those that it is woken for, one turn after the other.

Whoever leaves events wakes one process for their shard (`storage.waking`). That process takes the shard's turn, decides
what waits there in batches, each of which begins with a look whether the turn is its own still, and stops quietly where
another has taken it: because this one was stopped, cut off, or slow to say that it lives.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from uuid import uuid4

import structlog

from gateway.clock import Bell
from gateway.decided import Decided
from gateway.parts import Outage, Rest, keep_working, one_turn
from gateway.rulebooks import CannotFollow
from gateway.worker import Worker
from storage.database import Storage
from storage.errors import LeaseLost, StorageUnavailable
from storage.shards import Shards as Seen
from storage.transaction import Transaction

AT_ONCE = 2  # shards decided at once: while one batch is written, the next is read; only one is written at a time
BATCHES = 10  # of one turn; then the shard waits behind the others, whatever is left in it
TRY_AGAIN = 0.05  # seconds until a shard is asked for again in which another process is in the middle of a batch
SWEEP = 2.0  # seconds after which events are looked for that nobody was told of
HINDERED = 0.5  # seconds until it is looked again whether the rules in force can be loaded here
FORGET = 30.0  # seconds after which PGQueuer's log is emptied of what is old

log = structlog.get_logger()


@dataclass
class Turn:
    """One process's turn to decide one shard, until another takes it. A fence of a storage."""

    shard: int
    id: str = field(default_factory=lambda: uuid4().hex)
    lost: bool = False
    seen: Seen | None = None

    def __call__(self, t: Transaction) -> None:
        """Raises `LeaseLost` unless the turn is ours, and remains so until this transaction ends."""
        try:
            t.shards.confirm(self.shard, self.id)
            self.seen = t.shards
        except LeaseLost:
            self.lost = True
            raise

    def holds(self) -> bool:
        """Whether it was ours when we last looked."""
        return not self.lost

    def has_left(self) -> bool:
        """Whether its last transaction has left events in this shard, for which nobody else is woken."""
        return self.seen is None or self.shard in self.seen.left


@dataclass
class Shards:
    """The worker's part in a gateway of many processes. ``worker`` decides; its ``storage`` is shared and not fenced.

    Another process can run the same at the same time. Where this one ends, or fails, the shards it was woken for go to
    others: at once where a stop was asked for, or where the rules in force cannot be loaded here, else within 10
    seconds.
    """

    storage: Storage
    worker: Worker
    bell: Bell
    sweeps: bool = True
    _hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _outage: Outage = field(default_factory=lambda: Outage("worker"))
    _swept: float = 0.0  # when that was last done, in seconds on the monotonic clock
    _forgot: float = field(default_factory=monotonic)

    async def run(self) -> None:
        """Work until the bell is closed."""
        async with asyncio.TaskGroup() as works:
            works.create_task(self._serve())
            if self.sweeps:
                works.create_task(keep_working("shard_sweep", self.bell, self.sweep))

    async def _serve(self) -> None:
        """Hear of shards, on a new session whenever the last one was lost."""
        outage = Outage("shards")
        while not self.bell.closed:
            rest = await one_turn(outage, partial(self._serve_once, outage.is_over))
            if rest:
                await self.bell.wait(rest.until, rest.seconds)

    async def _serve_once(self, on_ready: Callable[[], None]) -> Rest | None:
        if self._is_hindered():
            return Rest(HINDERED)
        ended = asyncio.Event()
        closing = asyncio.create_task(self._tell_ended(ended))
        try:
            await self.storage.serve_shards(self.wake, ended, on_ready)
        finally:
            closing.cancel()
        return None

    async def _tell_ended(self, ended: asyncio.Event) -> None:
        while not self._is_over():
            await self.bell.wait(None, HINDERED)
        ended.set()

    def _is_over(self) -> bool:
        """Whether nothing is to be begun here any more, or for now."""
        return self.bell.closed or self._is_hindered()

    def _is_hindered(self) -> bool:
        """Whether only others can decide."""
        return bool(self.worker.rulebooks.hindrance())

    async def wake(self, shard: int) -> bool:
        """Decide what waits in this shard. False where that was not done, for a stop was asked for, or others must.

        What fails is told in the log and left to the sweep, which comes after a pause.
        """
        try:
            done = await self._decide(Turn(shard))
        except LeaseLost:
            return True
        except CannotFollow:
            self.bell.ring()
            return False
        except StorageUnavailable as error:
            self._outage.lasts(error)
        except Exception:
            log.exception("part_failed", part="worker")
        else:
            self._outage.is_over()
            return done
        return True

    async def _decide(self, turn: Turn) -> bool:
        while not self._is_over():
            async with self._hands:
                if self._is_over():  # while others had the hands
                    break
                if await self.storage.run(lambda t: t.shards.take(turn.shard, turn.id)):
                    return await self._work_off(turn)
            await asyncio.sleep(TRY_AGAIN)
        return False

    async def _work_off(self, turn: Turn) -> bool:
        fenced = self.storage.fenced(turn)
        for _ in range(BATCHES):
            if self._is_over():
                return False
            if not await self._more(turn, fenced):
                return True
        await fenced.run(lambda t: t.shards.leave(turn.shard))
        return True

    async def _more(self, turn: Turn, fenced: Storage) -> bool:
        """Decide a batch; whether there may be more in the shard. There is not where all that waited was one batch and
        was decided in one: for what came meanwhile somebody is woken anew."""
        decided: list[int] = []

        def tell(batch: Sequence[Decided]) -> None:
            decided.append(len(batch))
            self.worker.on_decided(batch)

        worker = replace(self.worker, storage=fenced, shards=(turn.shard,), on_decided=tell)
        read = await worker.work_once()
        if read == 0 or (decided == [read] and read < worker.batch):
            return read > 0 and turn.has_left()
        return True

    async def sweep(self) -> Rest:
        """Wake somebody for events that nobody was told of, and forget what was noted long ago. Not more often than
        every `SWEEP` seconds, however often the bell rings."""
        if (early := self._swept + SWEEP - monotonic()) > 0:
            return Rest(early)
        self._swept = monotonic()
        unheard = await self.storage.read(lambda t: t.shards.unheard())
        if unheard:
            log.info("shards_swept", shards=len(unheard))
            await self.storage.run(lambda t: t.shards.wake(unheard))
        if monotonic() >= self._forgot + FORGET:
            await self.storage.run(lambda t: t.shards.forget())
            self._forgot = monotonic()
        return Rest(SWEEP)
