"""Uploads: accepted once on disk, imported behind the caller's back, gone on with after a crash."""

from typing import Any

import pytest

from gateway import api_uploads
from gateway.contacts import CHUNK_ROWS, ContactImport
from gateway.sheets import open_sheet
from tests.gateway.books import BOOK
from tests.gateway.desk import CAMPAIGN, NOW, Client, Desk

UPLOADS = f"{CAMPAIGN}/uploads"
CSV = {"Content-Type": "text/csv"}
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


@pytest.mark.parametrize("upload", ["nothing", "0" * 32])
async def test_an_unknown_upload_is_not_found(api: Client, upload: str) -> None:
    assert (await api.get(f"{UPLOADS}/{upload}")).status == 404


@pytest.mark.parametrize("chunks_done", [0, 1, 2])
async def test_an_upload_that_a_crash_interrupted_is_gone_on_with(desk: Desk, api: Client, chunks_done: int) -> None:
    """The process died after so many chunks; on the next start every row is there exactly once."""
    count = CHUNK_ROWS + 1
    desk.folder.mkdir()
    path = desk.uploads.path("u1")
    path.write_text(HEADER + "bad,x\n" + "".join(f"{n},{n}\n" for n in range(count)))
    contacts = ContactImport("u1", BOOK, open_sheet(path, BOOK), lambda: NOW)
    with desk.storage.transaction() as t:
        contacts.begin(t, "contacts.csv")
    for _, chunk in zip(range(chunks_done), contacts.chunks(), strict=False):
        with desk.storage.transaction() as t:
            contacts.keep(t, chunk)

    await desk.uploads.resume()
    await settled(desk)

    done = await seen(api, "u1")
    assert (done["status"], done["created"], done["failed"]) == ("failed", count, 1)
    assert list(desk.folder.iterdir()) == []


async def test_a_file_whose_upload_was_never_accepted_is_forgotten(desk: Desk) -> None:
    desk.folder.mkdir()
    desk.uploads.path("u1").write_text(HEADER)
    await desk.uploads.resume()

    assert list(desk.folder.iterdir()) == []
