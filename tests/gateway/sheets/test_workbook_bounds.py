"""What a small workbook may make of itself: texts are kept once, but any number of cells may refer to them."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.intake import MAX_SHOWN
from gateway.sheets import (
    MAX_COLUMNS,
    Sheet,
    SheetRefused,
    archive,
    open_sheet,
    preview,
    raw_rows,
    read_rows,
)
from gateway.sheets.records import MAX_CELL, MAX_RECORD
from tests.gateway.books import BOOK
from tests.gateway.sheets.awkward_workbooks import FIRST, MAIN, SECOND, written
from tests.gateway.sheets.counted import count_rows

LONG = "x" * (MAX_CELL - 1)
WIDE = "\U0001f600"


def texts(*inner: str) -> str:
    """The part in which the texts are that cells share."""
    return f'<sst xmlns="{MAIN}">' + "".join(f"<si>{text}</si>" for text in inner) + "</sst>"


def plain(text: str) -> str:
    return f"<t>{text}</t>"


def referring(*numbers: int) -> str:
    """A row of cells that refer to these texts."""
    return "<row>" + "".join(f'<c t="s"><v>{number}</v></c>' for number in numbers) + "</row>"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contacts.xlsx"


def workbook(path: Path, rows: str, table: str) -> Sheet:
    path.write_bytes(written(FIRST + SECOND + rows, xl__sharedStrings=table))
    return open_sheet(path, BOOK)


@pytest.mark.parametrize("cells", [(0,) * 400, (1,), (1,) * 16_000], ids=["many", "long", "many and long"])
def test_a_row_that_refers_to_too_much_is_one_bad_row(path: Path, cells: tuple[int, ...]) -> None:
    sheet = workbook(path, referring(*cells) + referring(2), texts(plain(LONG), plain(LONG + "xx"), plain("B")))
    (_, problems, _) = read_rows(sheet, BOOK)
    ((_, raw),) = raw_rows(sheet, [3])

    assert isinstance(problems, tuple)
    assert problems[0].reason == f"has more than {MAX_RECORD} characters, or {MAX_CELL} in one cell"
    assert len(raw[0]) < MAX_COLUMNS * (MAX_SHOWN + 2)


def test_a_preview_shortens_what_is_long(path: Path) -> None:
    workbook(path, referring(0, *(1,) * 2 * MAX_COLUMNS), texts(plain("B"), plain("y" * 200)))
    cells = preview(path, BOOK).cells[1]

    assert (cells[:2], len(cells)) == (("B", "y" * MAX_SHOWN), MAX_COLUMNS)


@pytest.mark.parametrize(
    ("table", "most"),
    [
        (texts(plain("B"), plain("x" * archive.MAX_TEXT_BYTES)), archive.MAX_TEXT_BYTES),
        (texts(plain("B"), "<row/>" * (archive.MAX_TEXT_BYTES // 4)), archive.MAX_TEXT_BYTES),
        (texts(*(plain("x" * 100),) * 60), 5_000),
    ],
    ids=["a long one", "one that seems to be rows", "many"],
)
def test_texts_have_a_largest_size(path: Path, monkeypatch: pytest.MonkeyPatch, table: str, most: int) -> None:
    if most == 5_000:
        monkeypatch.setitem(archive.KINDS, "sst", replace(archive.KINDS["sst"], part_bytes=most))

    with pytest.raises(SheetRefused, match=f"has more than {most} bytes of XML"):
        workbook(path, referring(1, 59), table)


def test_texts_of_wide_characters_count_as_what_they_take(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sheets.texts.MAX_HELD_BYTES", 3_000)

    assert count_rows(workbook(path, referring(0, 1), texts(plain("x" * 1_000), plain("B")))) == 2
    with pytest.raises(SheetRefused, match="take more than 3000 bytes"):
        workbook(path, referring(0, 1), texts(plain("x" * 1_000 + WIDE), plain("B")))


def test_texts_are_read_as_far_as_rows_refer_to_them(path: Path) -> None:
    sheet = workbook(path, "<row/>" * 200 + referring(1), texts(plain("B")) + "<")

    with pytest.raises(SheetRefused, match="the workbook is damaged"):
        count_rows(sheet)


@pytest.mark.parametrize("number", [-1, 3])
def test_a_text_that_is_not_there_is_a_damage(path: Path, number: int) -> None:
    with pytest.raises(SheetRefused, match="the workbook is damaged"):
        workbook(path, referring(number), texts(plain("B")))


def test_a_text_is_its_runs_without_how_it_is_pronounced(path: Path) -> None:
    runs = "<r><rPr><b/></rPr><t>課</t></r><r><t>長_x005F_x</t></r><rPh sb='0' eb='1'><t>カ</t></rPh>"
    sheet = workbook(path, referring(0, 1), texts(runs, ""))

    assert list(raw_rows(sheet, [3])) == [(3, ["課長_x", ""])]


def test_a_part_that_is_no_table_of_texts_has_none(path: Path) -> None:
    with pytest.raises(SheetRefused, match="the workbook is damaged"):
        workbook(path, referring(0), f'<worksheet xmlns="{MAIN}"><si><t>B</t></si></worksheet>')
