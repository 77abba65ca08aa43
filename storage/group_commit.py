"""Many callers, few commits: what comes in while one commit runs is kept by the next."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from storage.errors import QueueFull, StorageUnavailable
from storage.values import NewEvent

QUEUE_LIMIT = 5_000  # events that may wait to be kept
BATCH_LIMIT = 256  # events kept by one commit
KEEP_SECONDS = 2.0  # how long an event may wait for the database; Slack gives up after 3, Twilio after 15


class Waiting(NamedTuple):
    """An event, who waits for it to be kept, and until when the database may take (on the loop's clock)."""

    event: NewEvent
    kept: "asyncio.Future[bool]"
    until: float


class Keeper(Protocol):
    """Where events are kept."""

    async def keep(self, events: Sequence[NewEvent], within: float) -> list[bool]:
        """Keep them in the order given, durably; True for each that is new. Raises `StorageUnavailable`."""


class GroupCommit:
    """Keeps events, durably and in order, at the price of one commit per batch. Lives in one event loop."""

    def __init__(self, keeper: Keeper, limit: int = QUEUE_LIMIT, batch: int = BATCH_LIMIT) -> None:
        self._keeper = keeper
        self._limit = limit
        self._batch = batch
        self._waiting: deque[Waiting] = deque()
        self._committing: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many events wait for their commit to begin."""
        return len(self._waiting)

    async def keep(self, event: NewEvent) -> bool:
        """Keep the event; return when it is on disk: True if it is new, False if its key was kept before.

        Raises `QueueFull` at once when too many wait, `StorageUnavailable`, or what is wrong with this very event.
        A caller that is cancelled stops waiting; its event is kept nevertheless.
        """
        if self._closed:
            raise StorageUnavailable("no more events are kept: the gateway is stopping")
        if len(self._waiting) >= self._limit:
            raise QueueFull(f"{self._limit} events are waiting to be kept, no more are taken")
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(Waiting(event, kept, loop.time() + KEEP_SECONDS))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_all())
        return await kept

    async def close(self) -> None:
        """Take no more; return when everything taken is kept."""
        self._closed = True
        if self._committing is not None:
            await self._committing

    async def _commit_all(self) -> None:
        try:
            while self._waiting:
                size = min(self._batch, len(self._waiting))
                await self._commit([self._waiting.popleft() for _ in range(size)])
                await asyncio.sleep(0)  # who was answered goes first: the next commit has more, and less beside it
        finally:
            self._committing = None

    async def _commit(self, batch: list[Waiting]) -> None:
        try:
            answers = await self._keep(batch)
        except Exception as error:
            await self._refuse_or_split(batch, error)
        else:
            for waiting, answer in zip(batch, answers, strict=True):
                settle(waiting.kept, answer)

    async def _refuse_or_split(self, batch: list[Waiting], error: Exception) -> None:
        """One bad event must not fail the others; but where storage itself is out, nobody waits for it twice."""
        alone = len(batch) == 1 or isinstance(error, StorageUnavailable)
        for waiting in batch:
            settle(waiting.kept, error if alone else await self._keep_alone(waiting))

    async def _keep_alone(self, waiting: Waiting) -> bool | Exception:
        try:
            return (await self._keep([waiting]))[0]
        except Exception as error:
            return error

    async def _keep(self, batch: Sequence[Waiting]) -> list[bool]:
        within = batch[0].until - asyncio.get_running_loop().time()
        return await self._keeper.keep([waiting.event for waiting in batch], within)


def settle(kept: "asyncio.Future[bool]", answer: bool | Exception) -> None:
    if kept.done():  # its caller was cancelled
        return
    if isinstance(answer, Exception):
        kept.set_exception(answer)
    else:
        kept.set_result(answer)
