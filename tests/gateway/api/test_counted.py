"""Counts that take long are told again for a while, and no two of them are made at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from gateway.api.counted import QUICK_SECONDS, TIMES_AS_LONG, Counted


@pytest.fixture
def counts_told_again() -> None:
    """As in a gateway."""


@dataclass
class Counter:
    """Counts in so many seconds of a clock of its own."""

    seconds: float
    clock: float = 0.0
    counted: Counted = field(init=False)
    times: int = 0
    at_once: int = 0

    def __post_init__(self) -> None:
        self.counted = Counted(lambda: self.clock)

    async def count(self) -> int:
        self.at_once += 1
        assert self.at_once == 1
        await asyncio.sleep(0)
        self.at_once -= 1
        self.clock += self.seconds
        self.times += 1
        return self.times

    async def get(self, key: str = "a") -> int:
        return await self.counted.get(key, self.count)


async def settled(counter: Counter) -> None:
    while counter.counted._under_way:
        await asyncio.gather(*counter.counted._under_way.values())


async def test_what_is_quick_is_counted_each_time() -> None:
    counter = Counter(QUICK_SECONDS / 2)
    assert [await counter.get() for _ in range(3)] == [1, 2, 3]


async def test_what_takes_long_is_told_again_for_a_while() -> None:
    counter = Counter(2.0)
    assert [await counter.get() for _ in range(3)] == [1, 1, 1]
    counter.clock += 2.0 * TIMES_AS_LONG + 0.1
    assert await counter.get() == 2


async def test_who_asks_again_and_again_never_waits() -> None:
    counter = Counter(2.0)
    await counter.get()
    counter.clock += 2.0 * TIMES_AS_LONG * 0.6
    assert await counter.get() == 1
    await settled(counter)
    assert await counter.get() == 2


async def test_all_who_ask_at_once_are_told_one_count() -> None:
    counter = Counter(2.0)
    assert await asyncio.gather(*(counter.get(key) for key in "aabba")) == [1, 1, 2, 2, 1]


@pytest.mark.parametrize("seconds", [0.0, 2.0])
async def test_a_count_that_fails_is_told_to_who_asked_and_made_anew(seconds: float) -> None:
    counter = Counter(seconds)

    async def fail() -> int:
        raise ValueError("no")

    failing: Callable[[], Awaitable[int]] = fail
    with pytest.raises(ValueError, match="no"):
        await counter.counted.get("a", failing)
    assert await counter.get() == 1
