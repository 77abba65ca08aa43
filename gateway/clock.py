"""Time is passed in: the real clock, and one that stands still until somebody moves it (demo, tests)."""

import asyncio
import heapq
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from channels.base import Clock

__all__ = ["Bell", "Clock", "ManualClock", "SystemClock", "first_of"]

Wait = Coroutine[Any, Any, object]


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """Stands still until `advance_to`; sleepers whose time has then come wake in order."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), future))
        await future

    def next_wake(self) -> datetime | None:
        """When the first sleeper wants to wake, or None if nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def advance_to(self, moment: datetime) -> None:
        """Move to ``moment`` (never back) and wake whoever slept until then."""
        self._now = max(self._now, moment)
        while (due := self.next_wake()) is not None and due <= self._now:
            heapq.heappop(self._sleepers)[2].set_result(None)


class Bell:
    """Wakes one waiting loop: whoever leaves a row for it rings. Once ``closed``, the loop ends and returns."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        self._rung.set()

    def close(self) -> None:
        """Ask the loop to return."""
        self.closed = True
        self.ring()

    async def wait(self, until: datetime | None, sweep: float) -> None:
        """Return when rung, when ``until`` has come on the clock, or after ``sweep`` real seconds."""
        waits: list[Wait] = [self._rung.wait()]
        if until is not None:
            waits.append(self._sleep_until(until))
        await first_of(waits, sweep)
        self._rung.clear()

    async def _sleep_until(self, moment: datetime) -> None:
        await self._clock.sleep((moment - self._clock.now()).total_seconds())


async def first_of(waits: Sequence[Wait], timeout: float) -> None:  # noqa: ASYNC109 - the sweep is the point
    """Return when the first of ``waits`` is done or ``timeout`` seconds have passed; the others are cancelled."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
