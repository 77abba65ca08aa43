"""Contact lists: whose turn it is, how far each was read, and how its rows fared."""

from typing import Any

import pytest

from storage.database import Storage
from storage.transaction import Transaction
from storage.values import Row
from tests.storage.rows import NOON, SECOND, upload


def got(t: Transaction, id: str = "u1") -> Row:
    row = t.uploads.get(id)
    assert row is not None
    return row


def failure(row: int, field: str = "phone") -> Row:
    return {"row": row, "field": field, "value": "x", "reason": "is none"}


@pytest.mark.parametrize(
    ("counted", "errors", "status"),
    [
        ({"created": 1, "updated": 1, "unchanged": 1}, [], "completed"),
        ({"created": 2}, [failure(2)], "failed"),
        ({"created": 2}, [failure(2), failure(2, "email")], "failed"),
        ({"created": 2}, [], "processing"),
    ],
)
def test_an_upload_is_finished_when_every_row_is_counted(
    storage: Storage, counted: dict[str, int], errors: list[dict[str, Any]], status: str
) -> None:
    with storage.transaction() as t:
        t.uploads.add(upload("u1", total=3) | {"status": "processing"})
        t.uploads.report_failures("u1", errors)
        t.uploads.count("u1", **counted)

        assert t.uploads.finish_when_counted("u1", NOON) is (status != "processing")
        assert t.uploads.finish_when_counted("u1", NOON + SECOND) is False
        row = got(t)
        assert (row["status"], row["failed"]) == (status, bool(errors))
        assert row["finished_at"] == (None if status == "processing" else NOON)


def test_nothing_is_finished_before_its_rows_are_counted(storage: Storage) -> None:
    with storage.transaction() as t:
        t.uploads.add(upload("u1") | {"total": None})

        assert not t.uploads.finish_when_counted("u1", NOON)


def test_all_errors_are_listed_in_the_order_of_the_file(storage: Storage) -> None:
    with storage.transaction() as t:
        t.uploads.add(upload("u1", total=9))
        t.uploads.add(upload("u2", total=9))
        t.uploads.report_failures("u1", [failure(5), failure(7)])
        t.uploads.report_failures("u2", [failure(4)])
        t.uploads.report_failures("u1", [failure(2), failure(2, "email")])
    with storage.reading() as t:
        first = t.lists.upload_failures.page("u1", None, 3)
        rest = t.lists.upload_failures.page("u1", first.next, 3)

        assert [(row["row"], row["field"]) for row in (*first.rows, *rest.rows)] == [
            (2, "phone"),
            (2, "email"),
            (5, "phone"),
            (7, "phone"),
        ]
        assert rest.next is None
        assert got(t)["failed"] == 3


def test_a_row_that_is_tried_again_has_not_failed(storage: Storage) -> None:
    with storage.transaction() as t:
        t.uploads.add(upload("u1", total=1))
        t.uploads.report_failures("u1", [failure(2), failure(2, "email")])
        t.uploads.finish_when_counted("u1", NOON)
        t.uploads.take_back_failure("u1", 2)
        row = got(t)

        assert (row["status"], row["failed"], row["finished_at"]) == ("processing", 0, None)
        assert t.lists.upload_failures.first("u1", 9) == []


def test_a_cancelled_upload_stays_so_though_a_row_is_tried_again(storage: Storage) -> None:
    with storage.transaction() as t:
        t.uploads.add(upload("u1", total=5) | {"status": "cancelled", "finished_at": NOON})
        t.uploads.report_failures("u1", [failure(2)])
        t.uploads.take_back_failure("u1", 2)
        row = got(t)

        assert (row["status"], row["failed"], row["finished_at"]) == ("cancelled", 0, NOON)


def test_lists_of_a_campaign_have_their_turn_as_they_came_and_who_has_begun_keeps_it(storage: Storage) -> None:
    with storage.transaction() as t:
        t.campaigns.ensure("spring")
        t.uploads.add(upload("second") | {"total": None, "started_at": NOON + SECOND})
        begun = t.uploads.begin("spring", "second", NOON)
        t.uploads.add(upload("first") | {"total": None})
        t.uploads.add(upload("elsewhere") | {"campaign": "autumn", "total": None})

        assert begun
        assert (begun["id"], begun["status"], begun["begun_at"]) == ("second", "processing", NOON)
        assert [row["id"] for row in t.uploads.unread()] == ["elsewhere", "second", "first"]
        t.uploads.change("second", total=2)
        t.uploads.read_to("second", 2, 1)
        assert [row["id"] for row in t.uploads.unread()] == ["elsewhere", "second", "first"]
        assert t.uploads.begin("spring", "first", NOON) is None
        t.uploads.read_to("second", 3, 1)
        for _ in range(2):
            assert t.uploads.begin("spring", "first", NOON + SECOND)
        assert got(t, "first")["begun_at"] == NOON + SECOND
        assert t.uploads.unread_count() == 2


def test_behind_a_paused_list_nobody_has_a_turn(storage: Storage) -> None:
    with storage.transaction() as t:
        t.campaigns.ensure("spring")
        t.uploads.add(upload("first") | {"total": None, "status": "paused"})
        t.uploads.add(upload("second") | {"total": None, "started_at": NOON + SECOND})

        assert [t.uploads.begin("spring", one, NOON) for one in ("first", "second")] == [None, None]
        t.uploads.change("first", status="cancelled", finished_at=NOON)
        assert t.uploads.begin("spring", "second", NOON)
        assert got(t, "second")["status"] == "processing"


def test_an_upload_remembers_how_far_its_file_was_read(storage: Storage) -> None:
    with storage.transaction() as t:
        t.uploads.add(upload("u1", total=900))
        t.uploads.read_to("u1", 501, 499, duplicates=2)
        t.uploads.read_to("u1", 502, 1, duplicates=1)
        row = t.uploads.take("u1")

        assert (row["last_row"], row["read"], row["duplicates"]) == (502, 500, 3)
        with pytest.raises(LookupError, match="u2"):
            t.uploads.take("u2")


def test_errors_of_uploads_that_ended_long_ago_are_emptied_a_few_at_a_time(storage: Storage) -> None:
    with storage.transaction() as t:
        t.uploads.add(upload("old", total=3) | {"status": "failed", "finished_at": NOON})
        t.uploads.add(upload("new", total=1) | {"status": "failed", "finished_at": NOON + SECOND})
        t.uploads.add(upload("open", total=9))
        t.uploads.report_failures("old", [failure(2), failure(3), failure(4)])
        for one in ("new", "open"):
            t.uploads.report_failures(one, [failure(2)])

        assert [t.retention.empty_uploads(NOON + SECOND, 2) for _ in range(3)] == [2, 1, 0]
        assert [len(t.lists.upload_failures.first(one, 9)) for one in ("old", "new", "open")] == [0, 1, 1]
        assert got(t, "old")["failed"] == 3
