"""The failed rows of an upload as a file: their cells as they were, and what is wrong, to be mended and uploaded again.

UTF-8 with the mark by which spreadsheets know it, and commas, whatever the list itself had. Cells that a spreadsheet
would obey are guarded, as in exports, and mean the same to an import.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import groupby, tee
from pathlib import Path

from gateway.formulas import ROUNDED, guarded, unguarded
from gateway.intake import printable
from gateway.sheets import ERRORS, PROBLEM_COLUMN, RawSheet, Reading, open_raw, raw_rows
from rules.book import Rulebook
from storage.database import Storage
from storage.listing.pages import Key
from storage.values import Row

PAGE = 500  # errors read at once
PIECE = 1_000_000  # characters written at once, about; the row that passes it is the piece's last
MARK = "\ufeff"
MEDIA = "text/csv"

Failed = tuple[int, str]
"""The number of a row, and what is wrong with it."""


def sheet_of(path: Path, book: Rulebook | None, row: Row) -> RawSheet:
    """The file of this upload, whether or not its columns still fit ``book`` (None: its campaign has no rule file that
    can be used). Raises FileNotFoundError where it is kept no longer, and `SheetRefused`."""
    return open_raw(path, book, Reading.from_json(row["reading"]))


def pieces(storage: Storage, sheet: RawSheet, upload: str) -> Iterator[bytes]:
    """The file, piece by piece; no transaction is open while one is used. Raises `StorageUnavailable`."""
    yield MARK.encode()
    failed, numbers = tee(_failed(storage, upload))
    raw = raw_rows(sheet, (row for row, _ in numbers))
    yield from _lines([[*sheet.header[: sheet.own], PROBLEM_COLUMN]])
    yield from _lines(_fitting(cells, sheet, problem) for cells, problem in _joined(raw, failed))


def _joined(raw: Iterator[tuple[int, list[str]]], failed: Iterator[Failed]) -> Iterator[tuple[list[str], str]]:
    """Of rows that ascend, cells and problem; of one that is not in the file any more, nothing."""
    for row, cells in raw:
        yield cells, next(problem for number, problem in failed if number == row)


def _fitting(cells: list[str], sheet: RawSheet, problem: str) -> list[str]:
    """As many cells as the header has, and the problem; what was too much stays, behind it."""
    own = [*cells[: sheet.own], *[""] * (sheet.own - len(cells))]
    return [*own, problem, *cells[len(sheet.header) :]]


def _failed(storage: Storage, upload: str) -> Iterator[Failed]:
    for row, errors in groupby(errors_of(storage, upload), key=lambda error: error["row"]):
        yield row, "; ".join(map(told, errors))


def told(error: Row) -> str:
    """What is wrong, in words."""
    what = f'{error["field"]} "{error["value"]}"' if error["value"] else error["field"]
    return printable(": ".join(part for part in (what.strip(), error["reason"]) if part))


def errors_of(storage: Storage, upload: str) -> Iterator[Row]:
    """What is wrong with rows of the upload, in the order of its file, read page by page."""
    after: Key | None = None
    while True:
        with storage.reading() as t:
            page = t.lists.upload_failures.page(upload, after, PAGE)
        yield from page.rows
        if page.next is None:
            return
        after = page.next


def _lines(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow(map(_safe, row))
        if text.tell() >= PIECE:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    if text.tell():
        yield text.getvalue().encode("utf-8", "replace")


def _safe(cell: str) -> str:
    """What a spreadsheet has spoilt stays so: an apostrophe would say that somebody meant it."""
    spoilt = cell.strip() in ERRORS or ROUNDED.fullmatch(cell.strip())
    return cell if spoilt else guarded(unguarded(cell))
