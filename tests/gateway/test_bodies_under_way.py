"""Bodies that come at the same time: together they stay within bounds, and the oldest pays for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway import bodies
from gateway.bodies import Bodies, BodyRefused, Coming, pieces, whole


class Time:
    """The time-out of one body, which remembers when it was told that its time is up."""

    def __init__(self) -> None:
        self.up_at: float | None = None

    def reschedule(self, when: float) -> None:
        assert self.up_at is None
        self.up_at = when


class Road:
    """Bodies on their way by name."""

    def __init__(self) -> None:
        self.bodies, self._times, self._coming = Bodies(), dict[str, Time](), dict[str, Coming]()
        self._stacks = dict[str, ExitStack]()

    def begin(self, *names: str) -> None:
        for name in names:
            self._times[name], self._stacks[name] = Time(), ExitStack()
            coming: Any = self.bodies.coming(self._times[name])  # type: ignore[arg-type]
            self._coming[name] = self._stacks[name].enter_context(coming)

    def grow(self, name: str, size: int) -> None:
        self.bodies.grow(self._coming[name], size)

    def end(self, name: str) -> None:
        self._stacks[name].close()

    @property
    def cut(self) -> str:
        """Whose time is up, which is now."""
        now = asyncio.get_running_loop().time()
        assert all(now - 60 < time.up_at <= now for time in self._times.values() if time.up_at is not None)
        return "".join(name for name, time in self._times.items() if time.up_at is not None)


@pytest.fixture
def road(monkeypatch: pytest.MonkeyPatch) -> Road:
    monkeypatch.setattr(bodies, "BODIES_AT_ONCE", 3)
    monkeypatch.setattr(bodies, "BODIES_BYTES", 100)
    return Road()


async def test_past_as_many_as_may_come_at_once_the_oldest_is_cut_off(road: Road) -> None:
    road.begin("a", "b", "c")
    assert road.cut == ""
    with capture_logs() as logs:
        road.begin("d")
    assert road.cut == "a"
    assert [(line["event"], "at most 3 bodies with 100 bytes" in line["reason"]) for line in logs] == [
        ("bodies_cut_off", True)
    ]


async def test_past_as_many_bytes_as_may_come_at_once_the_oldest_is_cut_off(road: Road) -> None:
    road.begin("a", "b")
    for name, size in (("a", 30), ("a", 30), ("b", 40)):
        road.grow(name, size)
    assert road.cut == ""
    road.grow("b", 1)
    assert road.cut == "a"
    road.begin("c")
    road.grow("c", 59)
    assert road.cut == "a"
    road.grow("c", 1)
    assert road.cut == "ab"


async def test_a_body_that_is_whole_makes_room(road: Road) -> None:
    road.begin("a", "b", "c")
    road.grow("a", 60)
    road.end("a")
    road.begin("d")
    road.grow("d", 100)
    assert road.cut == ""


async def test_a_body_that_was_cut_off_counts_no_more_whatever_still_comes_of_it(road: Road) -> None:
    road.begin("a", "b")
    road.grow("a", 60)
    road.grow("b", 41)
    road.grow("a", 1000)
    assert road.cut == "a"
    road.end("a")
    road.begin("c")
    road.grow("c", 59)
    assert road.cut == "a"
    road.grow("c", 1)
    assert road.cut == "ab"


async def test_one_that_is_too_large_alone_is_cut_off_itself(road: Road) -> None:
    road.begin("a")
    road.grow("a", 101)
    assert road.cut == "a"


class Trickle:
    """A request whose body never ends: a byte comes as often as somebody waits for one."""

    headers: dict[str, str] = {}  # noqa: RUF012  read only
    content_length = None

    def __init__(self) -> None:
        self.content = SimpleNamespace(is_eof=lambda: False, readany=self._next().__anext__)

    async def _next(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0)
            yield b"x"


async def test_a_body_that_goes_on_for_ever_is_not_waited_for() -> None:
    endless: Any = Trickle()
    with pytest.raises(BodyRefused, match=r"must be here within 0\.05 seconds") as refused:
        await whole(endless, 10**6, 0.05, Bodies())
    assert refused.value.status == 408


class Pieces:
    """A request whose body comes in these pieces, its length told or not."""

    headers: dict[str, str] = {}  # noqa: RUF012  read only

    def __init__(self, *pieces: bytes, length: int | None = None) -> None:
        self.content_length = length
        self._pieces = iter((*pieces, b""))
        self.content = self

    def is_eof(self) -> bool:
        return False

    async def readany(self) -> bytes:
        return next(self._pieces)


async def taken(request: Any, limit: int) -> bytes | int:
    """The body, or the status with which it is refused."""
    try:
        return await whole(request, limit, 60, Bodies())
    except BodyRefused as refused:
        return refused.status


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Pieces(), b""),
        (Pieces(b"ab", b"cd"), b"abcd"),
        (Pieces(b"ab", b"cd", length=4), b"abcd"),
        (Pieces(b"abcd"), b"abcd"),
        (Pieces(b"ab", b"c", b"de"), 413),
        (Pieces(b"abcde"), 413),
        (Pieces(length=5), 413),
    ],
)
async def test_a_body_of_just_the_limit_is_taken_and_none_above_it(request_: Pieces, expected: bytes | int) -> None:
    assert await taken(request_, 4) == expected


async def test_nothing_past_the_limit_is_handed_on() -> None:
    request: Any = Pieces(b"ab", b"cde")
    handed = pieces(request, 4, 60)
    assert await anext(handed) == b"ab"
    with pytest.raises(BodyRefused, match="at most 4 bytes"):
        await anext(handed)
