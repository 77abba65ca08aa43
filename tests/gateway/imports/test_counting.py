"""While a list is counted it can be paused and cancelled, and how far it is can be seen."""

from io import BytesIO
from itertools import islice
from pathlib import Path

import pytest

from gateway.imports import rows
from gateway.imports.chunks import Counted, read_message
from gateway.imports.reader import Job, messages
from gateway.sheets import Reading, counting, open_sheet
from gateway.sheets.rows import COUNTED_ROWS
from tests.gateway.books import BOOK
from tests.gateway.desk import NOW, Client, Desk
from tests.gateway.imports.lists import HEADER, UPLOAD, UPLOADS, change, left, row_of, seen


def test_a_reader_tells_how_far_its_count_is(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "A,1\n" * (COUNTED_ROWS + 1))
    told = [read_message(BytesIO(one)) for one in islice(messages(Job(path, BOOK, Reading(), 0, True, 1)), 3)]

    assert told == [
        Counted(COUNTED_ROWS, whole=False),
        Counted(COUNTED_ROWS + 1, whole=False),
        Counted(COUNTED_ROWS + 1, whole=True),
    ]


@pytest.mark.parametrize(("every", "told"), [(1, [1, 2, 3, 3]), (2, [2, 3]), (3, [3, 3]), (4, [3])])
def test_a_count_is_told_every_so_many_rows_and_at_last(tmp_path: Path, every: int, told: list[int]) -> None:
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "A,1\n\nB,2\nC,3\n")

    assert list(counting(open_sheet(path, BOOK, Reading()), every)) == told


async def test_how_far_a_count_is_can_be_seen(desk: Desk, api: Client) -> None:
    left(desk, HEADER + "A,1\nB,2\n")
    change(desk, lambda t: t.uploads.begin(BOOK.campaign, UPLOAD, NOW))
    assert change(desk, lambda t: rows.count(t, UPLOAD, Counted(1, whole=False)))

    told = await seen(api, UPLOAD)
    assert (told["phase"], told["counted"], told["total"]) == ("counting", 1, None)


@pytest.mark.parametrize("steer", ["pause", "cancel"])
async def test_a_count_stops_where_somebody_says_so(desk: Desk, api: Client, steer: str) -> None:
    left(desk, HEADER + "A,1\nB,2\n")
    change(desk, lambda t: t.uploads.begin(BOOK.campaign, UPLOAD, NOW))
    assert (await api.post(f"{UPLOADS}/{UPLOAD}/{steer}")).status == 200

    assert not change(desk, lambda t: rows.count(t, UPLOAD, Counted(1, whole=False)))


async def test_a_pause_that_is_over_before_it_was_noticed_throws_no_count_away(desk: Desk, api: Client) -> None:
    left(desk, HEADER + "A,1\nB,2\n")
    change(desk, lambda t: t.uploads.begin(BOOK.campaign, UPLOAD, NOW))
    await api.post(f"{UPLOADS}/{UPLOAD}/pause")
    assert not change(desk, lambda t: rows.count(t, UPLOAD, Counted(2, whole=True)))
    resumed = await (await api.post(f"{UPLOADS}/{UPLOAD}/resume")).json()

    assert (resumed["status"], row_of(desk)["total"]) == ("processing", 2)
    assert change(desk, lambda t: rows.count(t, UPLOAD, Counted(1, whole=False)))
    assert row_of(desk)["total"] == 2
