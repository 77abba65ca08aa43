"""What is written as CSV is read back, whatever wrote it; what is no CSV is refused in a sentence, never otherwise."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.sheets import DELIMITERS, Reading, SheetRefused, open_sheet, raw_rows, read_rows
from gateway.sheets.lines import blocks
from gateway.sheets.records import Broken, Record, Records
from tests.gateway.books import BOOK
from tests.gateway.sheets.awkward_workbooks import PEOPLE, saved
from tests.gateway.sheets.counted import count_rows

HEADER = ["external_id", "amount_due", "first_name"]
LINE_ENDS = ("\n", "\r\n", "\r")
ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
LATIN = st.characters(codec="cp1252", exclude_characters="\0")


def tables(characters: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    """Rows of three cells; the first says who it is, so that none is blank."""
    cells = st.text(characters, max_size=12)
    rows = st.tuples(cells.map("A{}".format), cells, cells).map(list)
    return st.lists(rows, min_size=1, max_size=8)


def written(rows: list[list[str]], delimiter: str, line_end: str, encoding: str, quoting: int = csv.QUOTE_ALL) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows([HEADER, *rows])  # type: ignore[arg-type]
    return text.getvalue().encode(encoding)


@contextmanager
def file_of(content: bytes) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.csv"
        path.write_bytes(content)
        yield path


def read_back(content: bytes, reading: Reading) -> list[list[str]]:
    with file_of(content) as path:
        sheet = open_sheet(path, BOOK, reading)
        count = count_rows(sheet)
        rows = list(raw_rows(sheet, range(2, count + 2)))
    assert [row for row, _ in rows] == list(range(2, count + 2))
    return [cells for _, cells in rows]


@given(
    tables(ANY),
    st.sampled_from(list(DELIMITERS)),
    st.sampled_from(LINE_ENDS),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
)
def test_what_csv_writes_is_read_back_as_stated(
    rows: list[list[str]], delimiter: str, line_end: str, encoding: str
) -> None:
    content = written(rows, delimiter, line_end, encoding)

    assert read_back(content, Reading(encoding=encoding, delimiter=delimiter)) == rows


@given(tables(LATIN), st.sampled_from(list(DELIMITERS)), st.sampled_from(LINE_ENDS))
def test_what_old_programs_write_is_read_back_as_stated(rows: list[list[str]], delimiter: str, line_end: str) -> None:
    content = written(rows, delimiter, line_end, "cp1252")

    assert read_back(content, Reading(encoding="windows-1252", delimiter=delimiter)) == rows


@given(
    tables(ANY),
    st.sampled_from(list(DELIMITERS)),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_delimiter_and_encoding_are_found_out(
    rows: list[list[str]], delimiter: str, encoding: str, quoting: int
) -> None:
    assert read_back(written(rows, delimiter, "\r\n", encoding, quoting), Reading()) == rows


def records(content: bytes, size: int) -> list[Record]:
    with patch("gateway.sheets.lines.BLOCK_BYTES", size):
        return list(Records(blocks(io.BytesIO(content), "utf-8"), ","))


@given(st.text(st.sampled_from('",\r\naü'), max_size=60), st.integers(1, 9))
@example('"a\r\nb",c\r\n', 4)
@example('a,"b\n"c\nd', 3)
def test_a_file_is_the_same_however_it_is_cut_into_blocks(text: str, size: int) -> None:
    assert records(text.encode(), size) == records(text.encode(), 1_000)


@given(st.text(st.sampled_from('",\naü'), max_size=60))
def test_every_line_is_in_one_row(text: str) -> None:
    """Nothing is lost where quotes are broken: each line begins a row, or belongs to the one before."""
    found = records(text.encode(), 1_000)
    good = [record for record in found if not isinstance(record, Broken)]
    try:
        expected = [
            row if any(cell.strip() for cell in row) else []
            for row in csv.reader(io.StringIO(text, newline=""), strict=True)
        ]
    except csv.Error:
        expected = None

    assert expected in (None, found)
    broken = sum(record.text.count("\n") + 1 for record in found if isinstance(record, Broken))
    inside = sum(cell.count("\n") for record in good for cell in record)
    assert (expected is None) == bool(broken)
    if all(good):  # what a blank row held is not kept
        assert broken + len(good) + inside == len(io.StringIO(text).readlines())


@given(st.binary(max_size=200), st.sampled_from(["", "utf-8", "utf-16-le", "windows-1252"]))
@example(b"external_id\n\xff", "")
def test_any_bytes_are_rows_or_a_refusal(content: bytes, encoding: str) -> None:
    with file_of(content) as path, suppress(SheetRefused):
        list(read_rows(open_sheet(path, BOOK, Reading(encoding=encoding)), BOOK))


WORKBOOK = saved(PEOPLE)


@given(st.integers(0, len(WORKBOOK) - 1), st.binary(min_size=1, max_size=40))
def test_a_workbook_that_something_damaged_is_rows_or_a_refusal(place: int, noise: bytes) -> None:
    with file_of(WORKBOOK[:place] + noise + WORKBOOK[place + len(noise) :]) as path, suppress(SheetRefused):
        list(read_rows(open_sheet(path, BOOK), BOOK))


@pytest.mark.parametrize("after", range(10))
def test_reading_goes_on_behind_any_row(tmp_path: Path, after: int) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text('external_id,amount_due,first_name\nA,1,x\n\nB,2,"y\nz"\nC,"3\nD,4\nE,5,\nF,6,f\n')
    sheet = open_sheet(path, BOOK)
    reads = {getattr(read, "row", 0) or read[0].row: read for read in read_rows(sheet, BOOK)}  # type: ignore[index]

    assert list(read_rows(sheet, BOOK, after)) == [read for row, read in reads.items() if row > after]


def test_short_rows_are_known_for_what_they_are_behind_any_row(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("external_id,amount_due,first_name\n" + "A,1,x\n" * 15 + "B,2\n" * 16)
    sheet = open_sheet(path, BOOK)
    reads = list(read_rows(sheet, BOOK))

    assert [list(read_rows(sheet, BOOK, after)) for after in range(33)] == [reads[max(0, n - 1) :] for n in range(33)]
