"""What an import would do, before it does it."""

from pathlib import Path

import pytest

from gateway.intake import Given
from gateway.sheets import Column, Duplicates, Reading, SheetRefused, open_sheet, preview, raw_rows
from tests.gateway.books import BOOK
from tests.gateway.sheets.awkward_workbooks import PEOPLE, saved

LIST = "Kundennr.;Offen;Fax\nA;1;\nB;viel;\n\nA;2;\nC;3;\n"
MAPPED = Reading(columns={"Kundennr.": "external_id", "Offen": "amount_due"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


def test_a_preview_tells_what_each_column_is_and_how_the_first_rows_are_read(path: Path) -> None:
    path.write_text(LIST)
    found = preview(path, BOOK, MAPPED, rows=3)

    assert (found.sheet.reading.encoding, found.sheet.reading.delimiter, found.sheets) == ("utf-8", ";", ())
    assert found.sheet.columns == (Column("Kundennr.", "external_id"), Column("Offen", "amount_due"), Column("Fax", ""))
    assert found.sheet.warnings == ('the column "Fax" is unknown and is not imported',)
    assert found.cells == (("A", "1", ""), ("B", "viel", ""), ("A", "2", ""))
    assert [isinstance(read, Given) for read in found.rows] == [True, False, True]
    assert found.duplicates == (5,)


def test_a_preview_of_a_workbook_names_its_worksheets(path: Path) -> None:
    path.write_bytes(saved(PEOPLE, [["x"]]))

    assert preview(path, BOOK).sheets == ("Sheet", "Sheet1")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", range(1, 12))
def test_a_preview_of_the_beginning_of_a_file_leaves_out_what_is_cut(path: Path, encoding: str, end: int) -> None:
    whole = "external_id,first_name,amount_due\nA,ü,1\nB,Ö,2\nC,ß,3\n".encode(encoding)
    path.write_bytes(whole[:-end])
    found = preview(path, BOOK, cut=True)

    assert [cells[0] for cells in found.cells] in (["A"], ["A", "B"])
    assert all(isinstance(read, Given) for read in found.rows)


def test_the_cells_of_rows_are_given_as_they_are(path: Path) -> None:
    path.write_text('external_id,amount_due\n A ,"1\n"\nB,"2\nC,3\n')

    assert list(raw_rows(open_sheet(path, BOOK), [1, 2, 3, 4])) == [
        (1, ["external_id", "amount_due"]),
        (2, [" A ", "1\n"]),
        (3, ['B,"2']),
        (4, ["C", "3"]),
    ]
    assert list(raw_rows(open_sheet(path, BOOK), [])) == []


def test_a_refusal_says_where(path: Path) -> None:
    path.write_bytes(b"external_id,phone,phone\nA\xfc\n")
    with pytest.raises(SheetRefused) as twice:
        open_sheet(path, BOOK)
    with pytest.raises(SheetRefused) as bytes_:
        open_sheet(path, BOOK, Reading(encoding="utf-8"))

    assert (twice.value.line, twice.value.byte, twice.value.column) == (None, None, 3)
    assert (bytes_.value.line, bytes_.value.byte, bytes_.value.column) == (2, 25, None)


def test_a_row_repeats_another_that_has_all_its_identifiers() -> None:
    duplicates = Duplicates()
    rows = [{"phone": "+49"}, {"phone": "+49", "email": "a@b"}, {"email": "a@b"}, {"phone": "+49"}, {"email": "a@b"}]

    assert [duplicates.seen(Given(n, row, {})) for n, row in enumerate(rows)] == [False, False, False, True, True]
