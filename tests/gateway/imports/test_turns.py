"""Lists of more campaigns than are read at once: a long one holds up nobody for long."""

import asyncio
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from gateway.imports import rows, runner, turns
from gateway.imports.turns import Turns
from tests.gateway.books import BOOK
from tests.gateway.desk import Desk
from tests.gateway.imports.lists import HEADER, OTHER, UPLOAD, left, row_of

SPRING = replace(BOOK, campaign="spring")
ROWS = "".join(f"{n},{n}\n" for n in range(8))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The uploads of which rows are kept, one after the other; one file is read at once."""
    monkeypatch.setattr(turns, "READERS", 1)
    monkeypatch.setattr("gateway.imports.chunks.CHUNK_ROWS", 4)
    kept: list[str] = []
    keep = rows.keep

    def seen(t: Any, upload: str, **how: Any) -> bool:
        kept.append(upload)
        return keep(t, upload, **how)

    monkeypatch.setattr(rows, "keep", seen)
    return kept


async def both(desk: Desk) -> None:
    """Lists of two campaigns are imported by one runner."""
    desk.books["spring"] = SPRING
    left(desk, HEADER + ROWS)
    left(desk, HEADER + ROWS, OTHER, campaign="spring")
    one = runner.Runner(desk.storage, desk.folder, lambda: desk.books, desk.clock.now, desk.ring)
    await asyncio.gather(one.run(BOOK.campaign), one.run("spring"))


async def test_who_waits_has_a_turn_before_a_long_list_is_read(
    desk: Desk, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TURN_SECONDS", 0.0)
    await both(desk)

    assert [upload for upload, _ in groupby(read)] == [UPLOAD, OTHER, UPLOAD, OTHER][: len(list(groupby(read)))]
    assert len(list(groupby(read))) > 2
    assert [row_of(desk, one)["read"] for one in (UPLOAD, OTHER)] == [8, 8]


async def test_a_short_list_is_read_in_one_turn(desk: Desk, read: list[str]) -> None:
    await both(desk)

    assert [upload for upload, _ in groupby(read)] == [UPLOAD, OTHER]


async def test_who_is_cancelled_while_waiting_takes_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "READERS", 1)
    free = Turns()

    async def wait() -> None:
        async with free.one():
            raise AssertionError("it is somebody else's")

    async with free.one():
        waiter = asyncio.create_task(wait())
        await asyncio.sleep(0)
        assert free.waiting == 1
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
    assert free.waiting == 0
    async with free.one():
        pass
