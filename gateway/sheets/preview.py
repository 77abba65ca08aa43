"""What an import would do, shown by the first rows before anything is kept."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from gateway.intake import Given, Read, shown
from gateway.sheets.encodings import find_encoding
from gateway.sheets.header import MAX_COLUMNS
from gateway.sheets.kinds import is_workbook
from gateway.sheets.opening import FOUND_OUT, open_sheet
from gateway.sheets.reading import Reading
from gateway.sheets.rows import raw_rows, read_rows
from gateway.sheets.sheet import Preview
from gateway.sheets.sources import HEAD_BYTES
from gateway.sheets.workbook import worksheets
from rules.book import Rulebook

MAX_PREVIEWED = 100


def preview(path: Path, book: Rulebook, reading: Reading = FOUND_OUT, rows: int = 20, *, cut: bool = False) -> Preview:
    """The first ``rows`` rows (at most `MAX_PREVIEWED`) as an import would read them. Raises `SheetRefused`.

    ``cut`` says that the file is only the beginning of a longer text: it is then shortened to its last whole line. A
    workbook must be whole.
    """
    if cut:
        _shorten(path, reading)
    sheet = open_sheet(path, book, reading)
    most = min(rows, MAX_PREVIEWED)
    reads = list(islice(read_rows(sheet, book), most + 1))
    if cut and 1 < len(reads) <= most:
        reads.pop()  # its quotes may close behind the cut
    first = tuple(reads[:most])
    raw = raw_rows(sheet, [_row(read) for read in first])
    cells = tuple(tuple(map(shown, cells[:MAX_COLUMNS])) for _, cells in raw)
    return Preview(sheet, worksheets(path) if sheet.reading.sheet else (), first, cells, tuple(_duplicates(first)))


def _row(read: Read) -> int:
    return read.row if isinstance(read, Given) else read[0].row


def _duplicates(reads: tuple[Read, ...]) -> Iterator[int]:
    seen = set()
    for read in reads:
        if isinstance(read, Given):
            person = frozenset(read.identifiers.items())
            if person in seen:
                yield read.row
            seen.add(person)


def _shorten(path: Path, reading: Reading) -> None:
    """Take away what was cut through: of the last line, there may be half a character."""
    head = path.read_bytes()[:HEAD_BYTES] if path.stat().st_size <= HEAD_BYTES else b""
    if not head or is_workbook(path, head):
        return
    encoding = find_encoding(head, reading.encoding)
    line_end = "\n".encode(encoding.name)
    end = head.rfind(line_end)
    if end > 0:
        with path.open("r+b") as file:
            file.truncate(end + len(line_end))
