"""Shards: of many worker processes, each decides those that it is woken for, many of them in one turn.

Whoever leaves events wakes one process for each of their shards (`storage.waking`). That process takes the turn of all
shards that it has been woken for, since in most of them little waits, and decides what waits there in batches, each of
which begins with a look whether the turn is its own still. A shard that another has taken is left to that one: because
this process was stopped, cut off, or slow to say that it lives.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
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
from storage.errors import ShardsLost, StorageUnavailable
from storage.shards import Shards as Seen
from storage.transaction import Transaction

TOGETHER = 32  # shards decided in one turn
BATCHES = 10  # of one turn; then its shards wait behind the others, whatever is left in them
TRY_AGAIN = 0.05  # seconds until a shard is asked for again in which another process is in the middle of a batch
SWEEP = 2.0  # seconds after which events are looked for that nobody was told of
HINDERED = 0.5  # seconds until it is looked again whether the rules in force can be loaded here
FORGET = 30.0  # seconds after which PGQueuer's log is emptied of what is old

log = structlog.get_logger()
Answer = asyncio.Future[bool | None]  # whether a shard was decided; None: it is to be asked for again


@dataclass
class Turn:
    """One process's turn to decide some shards, until others take them. A fence of a storage."""

    shards: set[int]
    id: str = field(default_factory=lambda: uuid4().hex)
    seen: Seen | None = None

    def __call__(self, t: Transaction) -> None:
        """Raises `ShardsLost` unless the turn is ours, and remains so until this transaction ends. Shards that are
        another's are none of it from then on."""
        try:
            t.shards.confirm(self.shards, self.id)
            self.seen = t.shards
        except ShardsLost as lost:
            self.shards -= lost.shards
            raise

    def holds(self) -> bool:
        """Whether any of it was ours when we last looked."""
        return bool(self.shards)

    def has_left(self) -> bool:
        """Whether its last transaction has left events in these shards, for which nobody else is woken."""
        return self.seen is None or not self.shards.isdisjoint(self.seen.left)


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
    _hand: asyncio.Lock = field(default_factory=asyncio.Lock)
    _woken: dict[int, Answer] = field(default_factory=dict)  # the shards that no turn has been taken for yet
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
                await self.bell.wait(None, rest.seconds)

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
        while True:
            done = await self._decided(shard)
            if done is not None:
                return done
            await asyncio.sleep(TRY_AGAIN)

    async def _decided(self, shard: int) -> bool | None:
        """As `wake` tells; None while another process is in the middle of a batch there.

        Each shard is decided with those that wait beside it: of those who wait for the hand, each takes what has
        gathered meanwhile, and may find that somebody has taken its own.
        """
        answer = self._woken.setdefault(shard, asyncio.get_running_loop().create_future())
        async with self._hand:
            await asyncio.sleep(0)  # whoever is woken at the same moment comes along
            while not answer.done():
                await self._decide_next()
        return await asyncio.shield(answer)

    async def _decide_next(self) -> None:
        """Decide the shards that have waited longest, and answer all who wait for them."""
        group = {shard: self._woken.pop(shard) for shard in [*self._woken][:TOGETHER]}
        answers: dict[int, bool | None] = dict.fromkeys(group, False)  # what is cut off is for others
        try:
            answers = await self._tried(group)
        finally:
            for shard, answer in group.items():
                answer.set_result(answers[shard])

    async def _tried(self, shards: Collection[int]) -> dict[int, bool | None]:
        try:
            answers = await self._decide(shards)
        except CannotFollow:
            self.bell.ring()
            return dict.fromkeys(shards, False)
        except StorageUnavailable as error:
            self._outage.lasts(error)
        except Exception:
            log.exception("part_failed", part="worker")
        else:
            self._outage.is_over()
            return answers
        return dict.fromkeys(shards, True)

    async def _decide(self, shards: Collection[int]) -> dict[int, bool | None]:
        if self._is_over():
            return dict.fromkeys(shards, False)
        turn = Turn(set())
        taken = await self.storage.run(lambda t: t.shards.take(shards, turn.id))
        turn.shards |= taken
        done = await self._work_off(turn)
        return {shard: done if shard in taken else None for shard in shards}

    async def _work_off(self, turn: Turn) -> bool:
        fenced = self.storage.fenced(turn)
        for _ in range(BATCHES):
            if self._is_over():
                return False
            if not await self._more(turn, fenced):
                return True
        await self._leave(turn, fenced)
        return True

    async def _more(self, turn: Turn, fenced: Storage) -> bool:
        """Decide a batch; whether there may be more in these shards. There is not where all that waited was one batch
        and was decided in one: for what came meanwhile somebody is woken anew."""
        decided: list[int] = []

        def tell(batch: Sequence[Decided]) -> None:
            decided.append(len(batch))
            self.worker.on_decided(batch)

        worker = replace(self.worker, storage=fenced, shards=tuple(turn.shards), on_decided=tell)
        try:
            read = await worker.work_once()
        except ShardsLost:
            return turn.holds()
        if read == 0 or (decided == [read] and read < worker.batch):
            return read > 0 and turn.has_left()
        return True

    async def _leave(self, turn: Turn, fenced: Storage) -> None:
        """Others are woken for what the turn has not come to."""
        while turn.holds():
            with suppress(ShardsLost):
                return await fenced.run(lambda t: t.shards.leave(turn.shards))

    async def sweep(self) -> Rest:
        """Wake somebody for events that nobody was told of, and forget what was noted long ago. Not more often than
        every `SWEEP` seconds, however often the bell rings."""
        if early := max(self._swept + SWEEP - monotonic(), 0.0):
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
