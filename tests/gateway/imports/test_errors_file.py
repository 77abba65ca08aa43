"""The failed rows of a list as a file: to be read by people, obeyed by no spreadsheet, and uploaded again."""

import csv
from dataclasses import replace
from io import StringIO

import pytest

from gateway.imports import errors_file
from gateway.imports.errors_file import pieces, sheet_of
from gateway.sheets import PROBLEM_COLUMN
from rules.book import Rulebook
from tests.gateway.books import BOOK
from tests.gateway.desk import Client, Desk
from tests.gateway.imports.lists import HEADER, UPLOADS, post, row_of, settled


async def failed(desk: Desk, api: Client, text: str, book: Rulebook = BOOK) -> list[list[str]]:
    """The failed rows of this list, when it is read, as ``book`` has them."""
    upload = (await post(api, text))["upload"]
    await settled(desk)
    sheet = sheet_of(desk.uploads.path(upload), book, row_of(desk, upload))
    written = b"".join(pieces(desk.storage, sheet, upload)).decode("utf-8-sig")
    return list(csv.reader(written.splitlines(keepends=True)))


def as_text(rows: list[list[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


CELLS = {
    "=1+1": "'=1+1",
    "'=1+1": "'=1+1",
    "@SUM(1)": "'@SUM(1)",
    "-5x": "'-5x",
    "+49151": "+49151",
    "plain": "plain",
    "#N/A": "#N/A",
    "1.2E+10": "1.2E+10",
}


async def test_no_spreadsheet_obeys_a_failed_row(desk: Desk, api: Client) -> None:
    rows = await failed(desk, api, "external_id,=x,amount_due\n" + "".join(f"A,{cell},many\n" for cell in CELLS))

    assert rows[0] == ["external_id", "'=x", "amount_due", PROBLEM_COLUMN]
    assert [row[:3] for row in rows[1:]] == [["A", cell, "many"] for cell in CELLS.values()]


async def test_what_a_spreadsheet_has_spoilt_fails_again(desk: Desk, api: Client) -> None:
    rows = await failed(desk, api, HEADER + "#N/A,1\n1.2E+10,1\n")
    again = await failed(desk, api, as_text(rows))

    assert (len(rows), again) == (3, rows)


async def test_a_row_with_too_many_cells_is_told_once_however_often_it_comes(desk: Desk, api: Client) -> None:
    rows = await failed(desk, api, HEADER + "A,1,surplus\n")
    again = await failed(desk, api, as_text(rows))

    assert [rows[1][:2], rows[1][3:]] == [again[1][:2], again[1][3:]] == [["A", "1"], ["surplus"]]
    assert again[1][2].endswith("has 4 cells, the header has 3")


async def test_a_field_may_be_called_as_the_column_of_problems(desk: Desk, api: Client) -> None:
    book = replace(BOOK, fields={**BOOK.fields, PROBLEM_COLUMN: BOOK.fields["first_name"]})
    rows = await failed(desk, api, f"external_id,amount_due,{PROBLEM_COLUMN}\nA,many,mine\n", book)

    assert rows[0] == ["external_id", "amount_due", PROBLEM_COLUMN, PROBLEM_COLUMN]
    assert rows[1][:3] == ["A", "many", "mine"]


async def test_failed_rows_are_there_when_their_field_is_no_more(desk: Desk, api: Client) -> None:
    text = "Nr,Offen\nA,many\n"
    query = '?columns={"Nr":"external_id","Offen":"amount_due"}'
    upload = (await post(api, text, query))["upload"]
    await settled(desk)
    book = replace(BOOK, fields={})
    sheet = sheet_of(desk.uploads.path(upload), book, row_of(desk, upload))

    assert b"Nr,Offen,problem\r\nA,many," in b"".join(pieces(desk.storage, sheet, upload))


async def test_failed_rows_are_given_out_where_the_rule_file_of_their_campaign_can_not_be_used(
    desk: Desk, api: Client
) -> None:
    """Whether a last column of problems is a field nobody knows then: nothing of the list is left out."""
    upload = (await post(api, f"{HEADER.strip()};{PROBLEM_COLUMN}\n".replace(",", ";") + "A;many;before\n"))["upload"]
    await settled(desk)
    desk.books.clear()
    answer = await api.get(f"{UPLOADS}/{upload}/errors.csv")
    head, row = csv.reader((await answer.text(encoding="utf-8-sig")).splitlines())

    assert answer.status == 200
    assert head == ["external_id", "amount_due", PROBLEM_COLUMN, PROBLEM_COLUMN]
    assert row[:3] == ["A", "many", "before"]
    assert row[3].startswith('amount_due "many":')


@pytest.mark.parametrize("campaign", ["payment_reminder", "no_such_campaign"])
async def test_an_upload_that_there_is_not_has_no_failed_rows(desk: Desk, api: Client, campaign: str) -> None:
    upload = (await post(api, HEADER + "A,many\n"))["upload"]
    await settled(desk)
    of_nobody = upload if campaign == "no_such_campaign" else "f" * 32

    assert (await api.get(f"/campaigns/{campaign}/uploads/{of_nobody}/errors.csv")).status == 404


async def test_a_file_of_long_rows_comes_in_pieces(desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors_file, "PIECE", 1_000)
    upload = (await post(api, HEADER + "".join(f"{'x' * 300}{n},many\n" for n in range(50))))["upload"]
    await settled(desk)
    sheet = sheet_of(desk.uploads.path(upload), BOOK, row_of(desk, upload))
    found = list(pieces(desk.storage, sheet, upload))

    assert all(0 < len(piece) < 1_500 for piece in found)
    assert b"".join(found).count(b"\r\n") == 51
