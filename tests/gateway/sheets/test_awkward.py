"""Each awkward file gives rows, or says where and why it does not."""

from pathlib import Path

import pytest

from gateway.intake import Given, Read
from gateway.sheets import Reading, SheetRefused, open_sheet, read_rows
from tests.gateway.books import BOOK
from tests.gateway.sheets.awkward import TEXTS, Awkward
from tests.gateway.sheets.awkward_columns import COLUMNS
from tests.gateway.sheets.awkward_kinds import KINDS
from tests.gateway.sheets.awkward_workbooks import ENDLESS, MANY, WORKBOOKS
from tests.gateway.sheets.counted import count_rows

FILES = (*TEXTS, *COLUMNS, *KINDS, *WORKBOOKS)


def told(read: Read) -> str:
    """What a test's table says of a row."""
    if isinstance(read, Given):
        return " ".join(map(str, [*read.identifiers.values(), *read.fields.values()]))
    return "; ".join(f"!{problem.field} {problem.reason}" for problem in read)


def is_as(found: str, expected: str) -> bool:
    return found.startswith(expected) if expected.startswith("!") else found == expected


def refusal(path: Path, file: Awkward) -> str:
    with pytest.raises(SheetRefused) as caught:
        count_rows(open_sheet(path, BOOK, Reading(**file.reading)))
    return str(caught.value)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_an_awkward_file_gives_its_rows_or_says_where_it_fails(tmp_path: Path, file: Awkward) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(file.content)
    if isinstance(file.told, str):
        assert file.told in refusal(path, file)
        return

    sheet = open_sheet(path, BOOK, Reading(**file.reading))
    rows = {read.row if isinstance(read, Given) else read[0].row: told(read) for read in read_rows(sheet, BOOK)}

    assert rows.keys() == file.told.keys()
    assert [(row, found, file.told[row]) for row, found in rows.items() if not is_as(found, file.told[row])] == []
    assert count_rows(sheet) == len(rows)
    assert file.warned in "; ".join(sheet.warnings)
    assert bool(file.warned) == bool(sheet.warnings)


def test_there_are_many_of_them() -> None:
    assert len({str(file) for file in FILES}) == len(FILES) >= 50


@pytest.mark.parametrize("content", ENDLESS.values(), ids=ENDLESS)
def test_a_workbook_holds_no_more_than_excel_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr("gateway.sheets.archive.MAX_ITEMS", MANY)
    (tmp_path / "contacts.xlsx").write_bytes(content)

    with pytest.raises(SheetRefused, match=f"more than {MANY} rows, or texts"):
        count_rows(open_sheet(tmp_path / "contacts.xlsx", BOOK))
