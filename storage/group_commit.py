"""Many callers, few commits: what comes in while one commit runs is kept by the next."""

import asyncio
from collections import deque
from collections.abc import Sequence

from storage.database import Storage
from storage.errors import QueueFull, StorageUnavailable
from storage.values import NewEvent

QUEUE_LIMIT = 5_000  # events that may wait to be kept
BATCH_LIMIT = 256  # events kept by one commit

Waiting = tuple[NewEvent, "asyncio.Future[bool]"]


class GroupCommit:
    """Keeps events in the inbox, durably, at the price of one commit per batch. Lives in one event loop."""

    def __init__(self, storage: Storage, limit: int = QUEUE_LIMIT, batch: int = BATCH_LIMIT) -> None:
        self._storage = storage
        self._limit = limit
        self._batch = batch
        self._waiting: deque[Waiting] = deque()
        self._committing: asyncio.Task[None] | None = None
        self._closed = False

    async def keep(self, event: NewEvent) -> bool:
        """Keep the event; return when it is on disk: True if it is new, False if its key was kept before.

        Raises `QueueFull` at once when too many wait, `StorageUnavailable`, or what is wrong with this very event.
        A caller that is cancelled stops waiting; its event is kept nevertheless.
        """
        if self._closed:
            raise StorageUnavailable("no more events are kept: the gateway is stopping")
        if len(self._waiting) >= self._limit:
            raise QueueFull(f"{self._limit} events are waiting to be kept, no more are taken")
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, kept))
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
        finally:
            self._committing = None

    async def _commit(self, batch: list[Waiting]) -> None:
        try:
            answers = await self._keep([event for event, _ in batch])
        except Exception as error:
            await self._refuse_or_split(batch, error)
        else:
            for (_, kept), answer in zip(batch, answers, strict=True):
                settle(kept, answer)

    async def _refuse_or_split(self, batch: list[Waiting], error: Exception) -> None:
        if len(batch) == 1:
            settle(batch[0][1], error)
        else:
            await self._commit_singly(batch)

    async def _commit_singly(self, batch: list[Waiting]) -> None:
        """One bad event must not fail the others; but once storage itself is out, nobody waits for it in vain."""
        outage: StorageUnavailable | None = None
        for event, kept in batch:
            answer = outage or await self._keep_alone(event)
            outage = answer if isinstance(answer, StorageUnavailable) else None
            settle(kept, answer)

    async def _keep_alone(self, event: NewEvent) -> bool | Exception:
        try:
            return (await self._keep([event]))[0]
        except Exception as error:
            return error

    async def _keep(self, events: Sequence[NewEvent]) -> list[bool]:
        numbers = await self._storage.run(lambda transaction: transaction.inbox.keep(events))
        return [number is not None for number in numbers]


def settle(kept: "asyncio.Future[bool]", answer: bool | Exception) -> None:
    if kept.done():  # its caller was cancelled
        return
    if isinstance(answer, Exception):
        kept.set_exception(answer)
    else:
        kept.set_result(answer)
