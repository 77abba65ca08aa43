"""Uploads: accepted once on disk, imported behind the caller's back, gone on with after a crash."""

from typing import Any

import pytest

from gateway import api_uploads
from gateway.contacts import CHUNK_ROWS, ContactImport
from gateway.sheets import open_sheet
from gateway.worker import park
from storage.errors import StorageUnavailable
from tests.gateway.books import BOOK
from tests.gateway.desk import CAMPAIGN, NOW, Client, Desk

UPLOADS = f"{CAMPAIGN}/uploads"
CSV = {"Content-Type": "text/csv"}
UPLOAD = "1" * 32
HEADER = "external_id,amount_due\n"


async def settled(desk: Desk) -> None:
    """Let every import end, then decide its rows."""
    await desk.uploads.idle()
    await desk.work()


async def post(api: Client, text: str, query: str = "?file=contacts.csv") -> dict[str, Any]:
    response = await api.post(f"{UPLOADS}{query}", data=text.encode(), headers=CSV)
    assert response.status == 202, await response.text()
    upload: dict[str, Any] = await response.json()
    assert response.headers["Location"].endswith(f"{UPLOADS}/{upload['upload']}")
    return upload


async def seen(api: Client, upload: str) -> dict[str, Any]:
    response = await api.get(f"{UPLOADS}/{upload}")
    assert response.status == 200
    body: dict[str, Any] = await response.json()
    return body


def begun(desk: Desk, text: str) -> ContactImport:
    """An upload that was accepted, of which nothing is kept yet."""
    desk.folder.mkdir()
    path = desk.uploads.path(UPLOAD)
    path.write_text(text)
    contacts = ContactImport(UPLOAD, BOOK, open_sheet(path, BOOK), lambda: NOW)
    with desk.storage.transaction() as t:
        contacts.begin(t, "contacts.csv")
    return contacts


def park_all(desk: Desk) -> None:
    with desk.storage.transaction() as t:
        for event in t.inbox.waiting(10):
            park(t, event, "it never works", NOW)


async def test_good_rows_are_created_and_bad_ones_reported(desk: Desk, api: Client) -> None:
    accepted = await post(api, HEADER.replace("\n", ",x\n") + "A,1,\nB,many,\n,1,\nC,3,\n")
    await settled(desk)
    done = await seen(api, accepted["upload"])

    assert (accepted["status"], accepted["total"], accepted["file"]) == ("processing", 4, "contacts.csv")
    assert accepted["warnings"] == ['the column "x" is unknown and is not imported']
    assert {name: done[name] for name in ("status", "total", "created", "updated", "unchanged", "failed")} == {
        "status": "failed",
        "total": 4,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "failed": 2,
    }
    assert [(error["row"], error["field"], error["value"]) for error in done["errors"]] == [
        (3, "amount_due", "many"),
        (4, "", ""),
    ]
    assert list(desk.folder.iterdir()) == []


async def test_the_same_list_again_changes_nothing(desk: Desk, api: Client) -> None:
    for expected in ("created", "unchanged"):
        upload = await post(api, HEADER + "A,1\nB,2\n")
        await settled(desk)
        done = await seen(api, upload["upload"])

        assert (done["status"], done[expected]) == ("completed", 2)


async def test_a_list_of_many_chunks_is_kept_whole(desk: Desk, api: Client) -> None:
    count = 2 * CHUNK_ROWS + 1
    upload = await post(api, HEADER + "".join(f"{n},{n}\n" for n in range(count)))
    await settled(desk)

    assert (await seen(api, upload["upload"]))["created"] == count


async def test_a_list_of_bad_rows_only_is_finished_too(desk: Desk, api: Client) -> None:
    upload = await post(api, HEADER + "A,x\nB,y\n")
    await settled(desk)
    done = await seen(api, upload["upload"])

    assert (done["status"], done["failed"]) == ("failed", 2)
    assert done["finished_at"]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"first_name\nAda\n", HEADER.encode()])
async def test_a_file_that_can_not_be_imported_leaves_nothing(desk: Desk, api: Client, body: bytes) -> None:
    response = await api.post(UPLOADS, data=body, headers=CSV)

    assert response.status == 422
    assert (await response.json(content_type=None))["detail"]
    assert list(desk.folder.iterdir()) == []


async def test_only_csv_is_taken(api: Client) -> None:
    assert (await api.post(UPLOADS, data=b"x", headers={"Content-Type": "application/json"})).status == 415


async def test_a_file_has_a_largest_size(desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_uploads, "MAX_UPLOAD_BYTES", 10)
    response = await api.post(UPLOADS, data=b"x" * 11, headers=CSV)

    assert response.status == 413
    assert list(desk.folder.iterdir()) == []


@pytest.mark.parametrize("upload", ["nothing", "0" * 32, "0" * 33, "A" * 32, "%00", "%EF%BC%91" * 32])
async def test_an_unknown_upload_is_not_found(api: Client, upload: str) -> None:
    assert (await api.get(f"{UPLOADS}/{upload}")).status == 404


@pytest.mark.parametrize("chunks_done", [0, 1, 2])
async def test_an_upload_that_a_crash_interrupted_is_gone_on_with(desk: Desk, api: Client, chunks_done: int) -> None:
    """The process died after so many chunks; on the next start every row is there exactly once."""
    count = CHUNK_ROWS + 1
    contacts = begun(desk, HEADER + "bad,x\n" + "".join(f"{n},{n}\n" for n in range(count)))
    for _, chunk in zip(range(chunks_done), contacts.chunks(), strict=False):
        with desk.storage.transaction() as t:
            contacts.keep(t, chunk)

    await desk.uploads.resume()
    await settled(desk)

    done = await seen(api, UPLOAD)
    assert (done["status"], done["created"], done["failed"]) == ("failed", count, 1)
    assert list(desk.folder.iterdir()) == []


@pytest.mark.parametrize("rows", ["good,1\nbad,x\n", "bad,x\ngood,1\n"])
@pytest.mark.parametrize("parked_after", [0, 1])
async def test_an_upload_with_parked_and_bad_rows_ends_and_reports_both(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch, rows: str, parked_after: int
) -> None:
    """The good row can't be decided; it is parked as soon as it is kept, or after the whole file was read."""
    monkeypatch.setattr("gateway.contacts.CHUNK_ROWS", 1)
    contacts = begun(desk, HEADER + rows)
    for chunk in contacts.chunks():
        with desk.storage.transaction() as t:
            contacts.keep(t, chunk)
        if not parked_after:
            park_all(desk)
    park_all(desk)

    done = await seen(api, UPLOAD)
    assert (done["status"], done["failed"]) == ("failed", 2)
    assert {error["reason"] for error in done["errors"]} >= {"it never works"}
    assert sorted(error["row"] for error in done["errors"]) == [2, 3]


@pytest.mark.parametrize("text", [HEADER + "A,\nB,\n", "external_id\nA\nB\n"], ids=["blank cell", "no column"])
async def test_only_who_is_new_must_bring_the_required_fields(desk: Desk, api: Client, text: str) -> None:
    await post(api, HEADER + "A,1\n")
    upload = await post(api, text)
    await settled(desk)

    done = await seen(api, upload["upload"])
    assert (done["unchanged"], done["failed"]) == (1, 1)
    assert [(e["row"], e["field"], e["reason"]) for e in done["errors"]] == [(3, "amount_due", "is required")]


async def test_two_who_import_the_same_upload_keep_and_report_each_row_once(desk: Desk, api: Client) -> None:
    contacts = begun(desk, HEADER + "A,1\nbad,x\nB,2\n")
    for _ in range(2):
        for chunk in contacts.chunks():
            with desk.storage.transaction() as t:
                contacts.keep(t, chunk)
    await desk.work()

    done = await seen(api, UPLOAD)
    assert (done["status"], done["created"], done["unchanged"], done["failed"]) == ("failed", 2, 0, 1)


async def test_a_file_goes_if_its_upload_can_not_begin(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(work: Any) -> None:
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(desk.storage, "run", run)
    response = await api.post(UPLOADS, data=(HEADER + "A,1\n").encode(), headers=CSV)

    assert response.status == 503
    assert list(desk.folder.iterdir()) == []


async def test_a_file_whose_upload_was_never_accepted_is_forgotten(desk: Desk) -> None:
    desk.folder.mkdir()
    desk.uploads.path("u1").write_text(HEADER)
    await desk.uploads.resume()

    assert list(desk.folder.iterdir()) == []
