"""A list ends with the rows that it had when it came: a file that is not that file any more is not read on."""

import pytest

from gateway.imports import rows
from gateway.imports.runner import NO_FILE
from gateway.imports.statuses import STATUSES
from storage.uploads import STATUSES as STORED
from tests.gateway.desk import Client, Desk
from tests.gateway.imports.lists import HEADER, UPLOAD, UPLOADS, change, chunks_of, kept, left, row_of, seen, settled

LIST = HEADER + "A,11\nB,22\nC,33\n"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.imports.chunks.CHUNK_ROWS", 1)


def begun(desk: Desk) -> None:
    """The first row of the list is kept."""
    left(desk, LIST)
    assert kept(desk, chunks_of(desk, 1)[0])


async def read_on(desk: Desk) -> None:
    await desk.uploads.look()
    await settled(desk)


@pytest.mark.parametrize("cut", [len(HEADER), len(LIST) - 1, len(LIST) // 2])
async def test_a_file_that_is_put_back_is_read_once_it_is_whole(desk: Desk, api: Client, cut: int) -> None:
    begun(desk)
    desk.uploads.path(UPLOAD).write_text(LIST[:cut])
    await read_on(desk)
    assert (row_of(desk)["read"], row_of(desk)["reason"]) == (1, NO_FILE)

    desk.uploads.path(UPLOAD).write_text(LIST)
    await read_on(desk)
    assert [row_of(desk)[name] for name in ("status", "read", "created", "reason")] == ["completed", 3, 3, ""]


@pytest.mark.parametrize("other", ["A,11\nB,2222222\n", "A,11\nB,2\nC,\nD,\n"], ids=["fewer", "more"])
async def test_a_file_of_the_same_size_with_other_rows_is_not_taken_for_the_list(
    desk: Desk, api: Client, other: str
) -> None:
    begun(desk)
    desk.uploads.path(UPLOAD).write_text(HEADER + other)
    await read_on(desk)
    assert (row_of(desk)["status"], row_of(desk)["reason"]) == ("paused", rows.OTHER_ROWS)

    assert (await api.post(f"{UPLOADS}/{UPLOAD}/cancel")).status == 200


async def test_a_list_that_waits_for_its_file_can_be_cancelled(desk: Desk, api: Client) -> None:
    begun(desk)
    desk.uploads.path(UPLOAD).write_text(HEADER)
    await read_on(desk)

    assert (await api.post(f"{UPLOADS}/{UPLOAD}/cancel")).status == 200
    assert (await seen(api, UPLOAD))["phase"] == "over"


async def test_a_list_of_an_earlier_program_is_read_whatever_its_size(desk: Desk, api: Client) -> None:
    begun(desk)
    change(desk, lambda t: t.uploads.change(UPLOAD, size=None))
    await read_on(desk)

    assert row_of(desk)["status"] == "completed"


async def test_a_list_whose_rows_only_wait_to_be_decided_can_be_cancelled_not_paused(desk: Desk, api: Client) -> None:
    left(desk, LIST)
    for chunk in chunks_of(desk, 3):
        assert kept(desk, chunk)
    assert (await seen(api, UPLOAD))["phase"] == "deciding"
    assert (await api.post(f"{UPLOADS}/{UPLOAD}/pause")).status == 409

    assert (await api.post(f"{UPLOADS}/{UPLOAD}/cancel")).status == 200
    await desk.work()
    assert [row_of(desk)[name] for name in ("status", "read", "created")] == ["cancelled", 3, 3]


async def test_a_list_that_is_finished_is_read_to_its_end_though_nobody_has_seen_it(desk: Desk, api: Client) -> None:
    left(desk, HEADER + "A,11\nbad,x\nA,12\n")
    for chunk in chunks_of(desk, 2):
        assert kept(desk, chunk)
    await desk.work()

    done = await seen(api, UPLOAD)
    assert [done[name] for name in ("status", "total", "read", "failed", "duplicates")] == ["failed", 3, 3, 1, 1]


def test_whoever_asks_for_a_status_may_ask_for_each() -> None:
    assert STATUSES == STORED
