"""Uploads: accepted once on disk, imported behind the caller's back, paused, resumed and cancelled."""

from typing import Any

import pytest

from gateway.api import receiving
from gateway.imports import chunks
from storage.errors import StorageUnavailable
from storage.listing.pages import Page
from tests.gateway.desk import Client, Desk
from tests.gateway.imports.lists import CSV, HEADER, UPLOAD, UPLOADS, left, post, row_of, seen, settled

COUNTS = ("status", "total", "read", "created", "updated", "unchanged", "failed")


async def test_good_rows_are_created_and_bad_ones_reported(desk: Desk, api: Client) -> None:
    accepted = await post(api, HEADER.replace("\n", ",x\n") + "A,1,\nB,many,\n,1,\nC,3,\n")
    await settled(desk)
    done = await seen(api, accepted["upload"])

    assert (accepted["status"], accepted["total"], accepted["file"]) == ("queued", None, "contacts.csv")
    assert accepted["warnings"] == ['the column "x" is unknown and is not imported']
    assert [done[name] for name in COUNTS] == ["failed", 4, 4, 2, 0, 0, 2]
    assert (done["phase"], done["reading"]["encoding"], done["rows_per_second"]) == ("over", "utf-8", None)
    assert [(error["row"], error["field"], error["value"]) for error in done["errors"]] == [
        (3, "amount_due", "many"),
        (4, "", ""),
    ]


async def test_the_same_list_again_changes_nothing(desk: Desk, api: Client) -> None:
    for expected in ("created", "unchanged"):
        upload = await post(api, HEADER + "A,1\nB,2\n")
        await settled(desk)
        done = await seen(api, upload["upload"])

        assert (done["status"], done[expected]) == ("completed", 2)


async def test_a_key_never_stands_for_the_file_of_another_upload(desk: Desk, api: Client) -> None:
    taken = []
    for row in ("A,1\n", "B,2\n"):
        headers = {**CSV, "Idempotency-Key": "one"}
        response = await api.post(UPLOADS, data=(HEADER + row).encode(), headers=headers)
        taken.append((await response.json())["upload"])

    assert len(set(taken)) == 2


async def test_an_upload_is_told_in_the_trail_of_changes(desk: Desk, api: Client) -> None:
    upload = (await post(api, HEADER + "A,1\n"))["upload"]
    (entry,) = await desk.storage.read(lambda t: t.audit.page(None, 10))

    assert (entry["who"], entry["what"], entry["subject"]) == ("settings", "post_upload", f"upload/{upload}")


async def test_a_list_of_many_chunks_is_kept_whole(desk: Desk, api: Client) -> None:
    count = 2 * chunks.CHUNK_ROWS + 1
    upload = await post(api, HEADER + "".join(f"{n},{n}\n" for n in range(count)))
    await settled(desk)

    assert (await seen(api, upload["upload"]))["created"] == count


async def test_a_list_of_bad_rows_only_is_finished_too(desk: Desk, api: Client) -> None:
    upload = await post(api, HEADER + "A,x\nB,y\n")
    await settled(desk)
    done = await seen(api, upload["upload"])

    assert (done["status"], done["failed"]) == ("failed", 2)
    assert done["finished_at"]


async def test_a_list_is_read_as_the_request_says(desk: Desk, api: Client) -> None:
    text = "Kunde|Betrag|Notiz\nA|1|x\n".encode("utf-16-le")
    columns = '{"Kunde": "external_id", "Betrag": "amount_due", "Notiz": "-"}'
    response = await api.post(
        UPLOADS, params={"encoding": "utf-16-le", "delimiter": "pipe", "columns": columns}, data=text, headers=CSV
    )
    upload = await response.json()
    await settled(desk)

    assert (response.status, upload["warnings"]) == (202, [])
    assert upload["reading"]["columns"]["Kunde"] == "external_id"
    assert (await seen(api, upload["upload"]))["created"] == 1


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", None),
        (b"first_name\nAda\n", None),
        (HEADER.encode(), None),
        (b"external_id,external_id\nA,B\n", {"column": 2}),
        (b"\0\1\2", {"line": 1}),
    ],
)
async def test_a_file_that_can_not_be_imported_leaves_nothing(
    desk: Desk, api: Client, body: bytes, place: dict[str, int] | None
) -> None:
    response = await api.post(UPLOADS, data=body, headers=CSV)
    problem = await response.json(content_type=None)

    assert (response.status, problem["type"]) == (409, "urn:pointsman:problem:file")
    assert problem["detail"]
    assert (place or {}).items() <= problem.items()
    assert list(desk.folder.glob("*.csv")) == []


@pytest.mark.parametrize(
    ("query", "setting"),
    [
        ({"encoding": "klingon"}, "encoding"),
        ({"columns": '{"amount_due": "amout_due"}'}, "columns"),
        ({"columns": "[1]"}, "columns"),
        ({"dates": "YYYY|DD.MM.YYYY"}, "dates"),
        ({"region": "Germany"}, "region"),
    ],
)
async def test_a_setting_that_makes_no_sense_is_named(
    desk: Desk, api: Client, query: dict[str, str], setting: str
) -> None:
    response = await api.post(UPLOADS, params=query, data=(HEADER + "A,1\n").encode(), headers=CSV)

    assert response.status == 409
    assert [error["field"] for error in (await response.json(content_type=None))["errors"]] == [setting]
    assert not desk.folder.exists() or list(desk.folder.glob("*.csv")) == []


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data"])
async def test_only_lists_are_taken(api: Client, kind: str) -> None:
    assert (await api.post(UPLOADS, data=b"x", headers={"Content-Type": kind})).status == 415


async def test_a_file_has_a_largest_size(desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.uploads.MAX_UPLOAD_BYTES", 10)
    response = await api.post(UPLOADS, data=b"x" * 11, headers=CSV)

    assert response.status == 413
    assert list(desk.folder.glob("*.csv")) == []


async def test_a_file_for_which_the_disk_has_no_room_is_refused(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "KEPT_FREE_BYTES", 1 << 60)
    response = await api.post(UPLOADS, data=(HEADER + "A,1\n").encode(), headers=CSV)

    assert (response.status, "make room" in (await response.json(content_type=None))["detail"]) == (507, True)
    assert list(desk.folder.glob("*.csv")) == []


@pytest.mark.parametrize("upload", ["nothing", "0" * 32, "0" * 33, "A" * 32, "%00", "%EF%BC%91" * 32])
async def test_an_unknown_upload_is_not_found(api: Client, upload: str) -> None:
    assert (await api.get(f"{UPLOADS}/{upload}")).status == 404
    assert (await api.get(f"{UPLOADS}/{upload}/errors")).status == 404
    assert (await api.get(f"{UPLOADS}/{upload}/errors.csv")).status == 404
    assert (await api.post(f"{UPLOADS}/{upload}/cancel")).status == 404


@pytest.mark.parametrize("text", [HEADER + "A,\nB,\n", "external_id\nA\nB\n"], ids=["blank cell", "no column"])
async def test_only_who_is_new_must_bring_the_required_fields(desk: Desk, api: Client, text: str) -> None:
    await post(api, HEADER + "A,1\n")
    upload = await post(api, text)
    await settled(desk)

    done = await seen(api, upload["upload"])
    assert (done["unchanged"], done["failed"]) == (1, 1)
    assert [(e["row"], e["field"], e["reason"]) for e in done["errors"]] == [(3, "amount_due", "is required")]


async def test_a_file_goes_if_its_upload_can_not_begin(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(work: Any) -> None:
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(desk.storage, "run", run)
    response = await api.post(UPLOADS, data=(HEADER + "A,1\n").encode(), headers=CSV)

    assert response.status == 503
    assert list(desk.folder.glob("*.csv")) == []


async def test_a_paused_upload_reads_no_further_until_it_is_resumed(desk: Desk, api: Client) -> None:
    left(desk, HEADER + "A,1\nB,2\n")
    paused = await (await api.post(f"{UPLOADS}/{UPLOAD}/pause")).json()
    waiting = await post(api, HEADER + "C,3\n")
    await desk.uploads.look()
    await settled(desk)
    behind = await seen(api, waiting["upload"])

    assert (paused["status"], (await seen(api, UPLOAD))["read"]) == ("paused", 0)
    assert (behind["status"], behind["phase"], behind["waits_for"]) == ("queued", "waiting", UPLOAD)
    again = await api.post(f"{UPLOADS}/{UPLOAD}/pause")
    assert (again.status, (await again.json(content_type=None))["detail"]) == (409, "it is paused already")

    assert (await api.post(f"{UPLOADS}/{UPLOAD}/resume")).status == 200
    await settled(desk)
    assert [(await seen(api, one))["status"] for one in (UPLOAD, waiting["upload"])] == ["completed"] * 2
    told = await desk.storage.read(lambda t: t.audit.page(None, 10, f"upload/{UPLOAD}"))
    assert [(one["what"], one["before"], one["after"]) for one in told] == [
        ("resume_upload", {"status": "paused"}, {"status": "queued"}),
        ("pause_upload", {"status": "queued"}, {"status": "paused"}),
    ]


async def test_a_cancelled_upload_is_over_and_lets_others_go_on(desk: Desk, api: Client) -> None:
    left(desk, HEADER + "A,1\nB,2\n", status="paused")
    waiting = await post(api, HEADER + "C,3\n")
    cancelled = await (await api.post(f"{UPLOADS}/{UPLOAD}/cancel")).json()
    await settled(desk)
    await desk.uploads.tidy()

    assert (cancelled["status"], cancelled["phase"], cancelled["read"]) == ("cancelled", "over", 0)
    assert (await seen(api, waiting["upload"]))["status"] == "completed"
    assert list(desk.folder.glob("*.csv")) == []
    for change in ("pause", "resume", "cancel"):
        assert (await api.post(f"{UPLOADS}/{UPLOAD}/{change}")).status == 409


async def test_uploads_and_their_errors_are_listed_page_by_page(desk: Desk, api: Client) -> None:
    upload = await post(api, HEADER + "A,x\nB,y\nC,z\n")
    await post(api, HEADER + "A,1\n")
    await settled(desk)
    listed = await (await api.get(f"{UPLOADS}?status=failed")).json()
    url, rows = f"{UPLOADS}/{upload['upload']}/errors?limit=2", []
    first = await (await api.get(url)).json()
    rest = await (await api.get(f"{url}&after={first['next']}")).json()
    rows = [(error["row"], error["value"]) for error in (*first["errors"], *rest["errors"])]

    assert [(one["upload"], one["failed"]) for one in listed["uploads"]] == [(upload["upload"], 3)]
    assert (rows, rest["next"]) == ([(2, "x"), (3, "y"), (4, "z")], None)


async def test_the_failed_rows_can_be_mended_and_uploaded_again(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.imports.errors_file.PAGE", 2)
    text = 'external_id;note;amount_due\nA;"two\nlines; ü";1\nB;=1+1;many\n;;1\nC;;x\nD;;y\nE;;5\n'
    upload = await post(api, text.encode("utf-8-sig"))
    await settled(desk)
    response = await api.get(f"{UPLOADS}/{upload['upload']}/errors.csv")
    body = await response.read()
    lines = body.decode("utf-8-sig").splitlines()

    assert (response.status, response.content_type, body[:3]) == (200, "text/csv", b"\xef\xbb\xbf")
    assert (lines[0], len(lines)) == ("external_id,note,amount_due,problem", 5)
    assert lines[1].startswith('B,\'=1+1,many,"amount_due ""many"": ')
    assert (row_of(desk, upload["upload"])["failed"], desk.uploads.path(upload["upload"]).exists()) == (4, True)

    again = await post(api, body.decode().replace("many", "2"))
    await settled(desk)
    done = await seen(api, again["upload"])
    assert again["warnings"] == ['the column "note" is unknown and is not imported']
    assert (done["created"], done["failed"]) == (1, 3)
    text = await (await api.get(f"{UPLOADS}/{again['upload']}/errors.csv")).text()
    assert text.splitlines()[0].count("problem") == 1


async def test_of_a_file_that_is_gone_no_rows_can_be_given(desk: Desk, api: Client) -> None:
    upload = await post(api, HEADER + "A,1\n")
    await settled(desk)
    await desk.uploads.tidy()

    assert (await api.get(f"{UPLOADS}/{upload['upload']}/errors.csv")).status == 409


async def test_a_preview_tells_what_an_import_would_do_and_keeps_nothing(desk: Desk, api: Client) -> None:
    text = "external_id,amount_due,x\nA,1,u\nB,many,v\nA,2,w\n"
    response = await api.post(f"{UPLOADS}/preview?file=list.csv", data=text.encode(), headers=CSV)
    told = await response.json()

    assert response.status == 200
    assert [(one["name"], one["target"]) for one in told["columns"]] == [
        ("external_id", "external_id"),
        ("amount_due", "amount_due"),
        ("x", ""),
    ]
    assert [(row["row"], bool(row["errors"]), row["identifiers"]) for row in told["rows"]] == [
        (2, False, {"external_id": "A"}),
        (3, True, {}),
        (4, False, {"external_id": "A"}),
    ]
    assert (told["rows"][1]["cells"], told["duplicates"]) == (["B", "many", "v"], [4])
    assert list(desk.folder.glob("*.csv")) == []
    assert await desk.storage.read(lambda t: t.lists.uploads.page("payment_reminder", None, 9)) == Page([], None)


@pytest.mark.parametrize(("body", "status"), [(b"", 409), (b"x" * 1_000_001, 413)])
async def test_a_preview_refuses_as_an_upload_does(desk: Desk, api: Client, body: bytes, status: int) -> None:
    response = await api.post(f"{UPLOADS}/preview", data=body, headers=CSV)

    assert response.status == status
    assert list(desk.folder.glob("*.csv")) == []
