"""Counts that take the longer the more there is to count: made anew while that is quick, else told again for a time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar, cast

T = TypeVar("T")

QUICK_SECONDS = 0.05  # what takes no longer is counted each time
TIMES_AS_LONG = 20  # as it took is a count told, so that counting takes a twentieth of one connection at most
MAX_KNOWN = 1_000  # counts that are remembered; the one that was made longest ago is forgotten first


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted, when that was begun, and how long it took (seconds)."""

    value: Any
    begun: float
    took: float

    def ages(self, now: float, part: float = 1.0) -> bool:
        """Whether so large a ``part`` of the time for which it is told has passed."""
        return self.took <= QUICK_SECONDS or now > self.begun + self.took * (1 + TIMES_AS_LONG * part)


@dataclass
class Counted:
    """Remembers counts. One at a time is made anew; who asks for the same one meanwhile is told the same."""

    now: Callable[[], float] = monotonic
    _known: dict[Hashable, Count] = field(default_factory=dict)
    _under_way: "dict[Hashable, asyncio.Task[Count]]" = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, key: Hashable, count: Callable[[], Awaitable[T]]) -> T:
        """What ``count`` says, or has said under this key not long ago. Raises what it raises."""
        known = self._known.get(key)
        if known is None or known.ages(self.now()):
            return cast(T, (await asyncio.shield(self._begun(key, count))).value)
        if known.ages(self.now(), 0.5):
            self._begun(key, count)  # so that who asks again and again never waits
        return cast(T, known.value)

    def _begun(self, key: Hashable, count: Callable[[], Awaitable[T]]) -> "asyncio.Task[Count]":
        if key not in self._under_way:
            self._under_way[key] = asyncio.create_task(self._count(key, count))
            self._under_way[key].add_done_callback(lambda task: self._ended(key, task))
        return self._under_way[key]

    def _ended(self, key: Hashable, task: "asyncio.Task[Count]") -> None:
        del self._under_way[key]
        task.cancelled() or task.exception()  # whoever waits is told; nobody may wait

    async def _count(self, key: Hashable, count: Callable[[], Awaitable[T]]) -> Count:
        async with self._turn:
            begun = self.now()
            value = await count()
        made = Count(value, begun, self.now() - begun)
        self._known.pop(key, None)
        if made.took > QUICK_SECONDS:
            self._known[key] = made
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
        return made
