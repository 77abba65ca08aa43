"""Which list is read when; what a crash interrupted is gone on with; files stay as long as they are needed."""

import os
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.imports import files
from gateway.worker import park
from tests.gateway.desk import Client, Desk
from tests.gateway.imports.lists import (
    HEADER,
    OTHER,
    UPLOAD,
    change,
    chunks_of,
    kept,
    left,
    post,
    row_of,
    seen,
    settled,
)


def park_all(desk: Desk) -> None:
    with desk.storage.transaction() as t:
        for event in t.inbox.waiting(10):
            park(t, event, "it never works", desk.clock.now(), desk.worker.telling)


@pytest.mark.parametrize("chunks_done", [0, 1, 2])
async def test_an_upload_that_a_crash_interrupted_is_gone_on_with(desk: Desk, api: Client, chunks_done: int) -> None:
    """The process died after so many chunks; on the next start every row is there exactly once."""
    left(desk, HEADER + "bad,x\n" + "".join(f"{n},{n}\n" for n in range(6)))
    for chunk in chunks_of(desk, 4)[:chunks_done]:
        assert kept(desk, chunk)

    await desk.uploads.look()
    await settled(desk)

    done = await seen(api, UPLOAD)
    assert [done[name] for name in ("status", "total", "read", "created", "failed")] == ["failed", 7, 7, 6, 1]


@pytest.mark.parametrize("sizes", [(2, 3), (3, 2), (1, 5), (9, 1)])
async def test_two_who_read_the_same_upload_keep_and_report_each_row_once(
    desk: Desk, api: Client, sizes: tuple[int, int]
) -> None:
    left(desk, HEADER + "A,1\nbad,x\nB,2\n,\nC,3\n")
    one, two = (chunks_of(desk, size) for size in sizes)
    for chunk in (*one[:2], *two, *one):
        kept(desk, chunk)
    await desk.uploads.look()
    await settled(desk)

    done = await seen(api, UPLOAD)
    assert [done[name] for name in ("status", "read", "created", "unchanged", "failed")] == ["failed", 4, 3, 0, 1]


@pytest.mark.parametrize("rows", ["good,1\nbad,x\n", "bad,x\ngood,1\n"])
@pytest.mark.parametrize("parked_after", [0, 1])
async def test_an_upload_with_parked_and_bad_rows_ends_and_reports_both(
    desk: Desk, api: Client, rows: str, parked_after: int
) -> None:
    """The good row can't be decided; it is parked as soon as it is kept, or after the whole file was read."""
    left(desk, HEADER + rows, total=2)
    for chunk in chunks_of(desk, 1):
        assert kept(desk, chunk)
        if not parked_after:
            park_all(desk)
    park_all(desk)

    done = await seen(api, UPLOAD)
    assert (done["status"], done["failed"]) == ("failed", 2)
    assert {error["reason"] for error in done["errors"]} >= {"it never works"}
    assert sorted(error["row"] for error in done["errors"]) == [2, 3]


async def test_lists_of_a_campaign_are_read_in_the_order_in_which_they_came(desk: Desk, api: Client) -> None:
    uploads = []
    for amount in (1, 2, 3):
        uploads.append((await post(api, HEADER + f"A,{amount}\n"))["upload"])
    await settled(desk)

    assert [(await seen(api, one))["status"] for one in uploads] == ["completed"] * 3
    person = await desk.storage.read(lambda t: t.people.participants_of("payment_reminder"))
    assert [row["fields"]["amount_due"] for row in person] == ["3"]


async def test_no_row_of_a_file_that_turns_out_to_be_no_text_is_kept(desk: Desk, api: Client) -> None:
    rows = "".join(f"{n},{n}\n" for n in range(60_000)).encode()
    upload = await post(api, HEADER.encode() + rows + b"\0\n")
    await settled(desk)
    done = await seen(api, upload["upload"])

    assert (done["status"], done["read"], done["total"]) == ("failed", 0, None)
    assert "line 60002" in done["reason"]


async def test_a_file_without_an_upload_goes_once_it_can_not_be_about_to_get_one(desk: Desk) -> None:
    desk.folder.mkdir()
    path = desk.uploads.path(UPLOAD)
    path.write_text(HEADER)
    await desk.uploads.tidy()
    assert path.exists()

    long_ago = path.stat().st_mtime - files.STRAY_SECONDS - 1
    os.utime(path, (long_ago, long_ago))
    await desk.uploads.tidy()
    assert not path.exists()


@pytest.mark.parametrize(("row", "stays"), [("A,1\n", [False, False]), ("A,x\n", [True, False])])
async def test_a_file_stays_a_week_longer_where_rows_failed(
    desk: Desk, api: Client, row: str, stays: list[bool]
) -> None:
    upload = await post(api, HEADER + row)
    path = desk.uploads.path(upload["upload"])
    await desk.uploads.tidy()
    assert path.exists()
    await settled(desk)
    found = []
    for later in (files.KEPT_FOR - timedelta(seconds=1), timedelta(seconds=1)):
        desk.clock.advance_to(desk.clock.now() + later)
        await desk.uploads.tidy()
        found.append(path.exists())

    assert found == stays


@pytest.mark.parametrize("why", ["rules", "file"])
async def test_what_an_upload_waits_for_is_told_once_and_it_goes_on_by_itself(
    desk: Desk, api: Client, why: str
) -> None:
    left(desk, HEADER + "A,1\n")
    path, aside = desk.uploads.path(UPLOAD), desk.folder / "aside"
    books = dict(desk.books)
    if why == "rules":
        desk.books.clear()
    else:
        path.rename(aside)
    with capture_logs() as logs:
        for _ in range(3):
            await desk.uploads.look()
            await desk.uploads.idle()
    row = row_of(desk)

    assert [line["event"] for line in logs] == ["upload_waits"]
    assert (row["status"], row["reason"]) == ("queued", logs[0]["reason"])
    desk.books |= books
    if aside.exists():
        aside.rename(path)
    await desk.uploads.look()
    await settled(desk)
    assert (row_of(desk)["status"], row_of(desk)["reason"]) == ("completed", "")


async def test_a_list_that_another_process_reads_is_left_to_it(desk: Desk, api: Client) -> None:
    left(desk, HEADER + "A,1\n")
    with files.held(desk.uploads.path(UPLOAD)) as ours:
        assert ours
        await desk.uploads.look()
        await desk.uploads.idle()
        assert row_of(desk)["begun_at"] is None
    await desk.uploads.look()
    await settled(desk)
    assert row_of(desk)["status"] == "completed"


async def test_a_list_that_was_cancelled_while_it_was_read_keeps_what_was_read(desk: Desk, api: Client) -> None:
    left(desk, HEADER + "".join(f"{n},{n}\n" for n in range(5)))
    left(desk, HEADER + "later,1\n", OTHER, started_at=desk.clock.now() + timedelta(seconds=1))
    first, second, *_ = chunks_of(desk, 2)
    assert kept(desk, first)
    assert (await api.post(f"/campaigns/payment_reminder/uploads/{UPLOAD}/cancel")).status == 200
    assert not kept(desk, second)
    await desk.uploads.look()
    await settled(desk)
    done: dict[str, Any] = row_of(desk)

    assert [done[name] for name in ("status", "read", "created")] == ["cancelled", 2, 2]
    assert row_of(desk, OTHER)["status"] == "completed"


async def test_a_parked_row_of_a_cancelled_upload_may_be_tried_again(desk: Desk, api: Client) -> None:
    left(desk, HEADER + "A,1\nB,2\n")
    kept(desk, chunks_of(desk, 1)[0])
    park_all(desk)
    change(desk, lambda t: t.uploads.change(UPLOAD, status="cancelled", finished_at=desk.clock.now()))
    change(desk, lambda t: t.uploads.take_back_failure(UPLOAD, 2))

    assert (row_of(desk)["status"], row_of(desk)["failed"]) == ("cancelled", 0)
