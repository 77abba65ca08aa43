"""Looks at the database for those who ask often and can't wait long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Looking(Generic[T]):
    """One question. However many ask it, and however long the answer takes, it is asked once at a time: an answer that
    nobody waits for any more still takes a thread."""

    def __init__(self, look: Callable[[], Awaitable[T]]) -> None:
        self._look = look
        self._under_way: asyncio.Task[T] | None = None

    async def within(self, seconds: float) -> T:
        """What the look that is under way finds, or a new one. Raises what it raises, and TimeoutError where it takes
        longer than so many seconds; it goes on then."""
        look = self._under_way or self._begin()
        await asyncio.wait({look}, timeout=seconds)
        if not look.done():
            raise TimeoutError(f"the database did not answer within {seconds:.1f} seconds")
        return look.result()

    def _begin(self) -> "asyncio.Task[T]":
        self._under_way = asyncio.create_task(self._whole())
        self._under_way.add_done_callback(self._ended)
        return self._under_way

    async def _whole(self) -> T:
        return await self._look()

    def _ended(self, look: "asyncio.Task[T]") -> None:
        self._under_way = None
        look.cancelled() or look.exception()  # whoever waits is told; nobody may wait
