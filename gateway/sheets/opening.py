"""Open a file: a look at its beginning tells whether its rows can be imported, and as what."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from gateway.sheets.header import names_in, own_columns, read_columns, warnings_of
from gateway.sheets.reading import Reading
from gateway.sheets.records import Broken, Record
from gateway.sheets.refused import SheetRefused
from gateway.sheets.sheet import RawSheet, Sheet
from gateway.sheets.sources import found_out, rows_of
from rules.book import Rulebook

LOOKED_AT = 100  # rows, blank ones among them
FOUND_OUT = Reading()
NO_ROWS = "the file has a header but no rows"


def open_sheet(path: Path, book: Rulebook, reading: Reading = FOUND_OUT) -> Sheet:
    """Look at the file's beginning: what it is, how it is to be read, its header. As fast for any size, but for a
    workbook, whose shared texts are read whole.

    Raises `SheetRefused` where no row could be kept, with the place. What is wrong further on is told by `counting`.
    """
    resolved, doubts = found_out(path, reading, book.fields)
    (row, header), *rows = islice(rows_of(path, resolved), LOOKED_AT)
    if isinstance(header, Broken):
        raise SheetRefused(f"the header can't be read: {header.reason}", line=row)
    columns = read_columns(header, resolved, book)
    if len(rows) < LOOKED_AT - 1 and not any(record for _, record in rows):
        raise SheetRefused(NO_ROWS)
    unnamed = _unnamed(len(columns), len(header), [record for _, record in rows])
    return Sheet(path, resolved, columns, (*doubts, *warnings_of(columns, resolved, book), *unnamed))


def open_raw(path: Path, book: Rulebook | None, reading: Reading) -> RawSheet:
    """The file as it is; ``book`` may fit it no more. Without one nobody knows whether a last column of problems is
    a field: it is the list's own. Raises FileNotFoundError, and `SheetRefused` where it can't be read."""
    resolved, _ = found_out(path, reading, book.fields if book else ())
    row, header = next(rows_of(path, resolved))
    if isinstance(header, Broken):
        raise SheetRefused(f"the header can't be read: {header.reason}", line=row)
    names = names_in(header)
    return RawSheet(path, resolved, names, own_columns(names, resolved, book) if book else len(names))


def _unnamed(named: int, width: int, rows: Sequence[Record]) -> Iterator[str]:
    """Spreadsheets write columns that are blank after the last one: told only where somebody wrote something there."""
    for row in rows:
        cells = [] if isinstance(row, Broken) else row[named:width]
        if filled := next((place for place, cell in enumerate(cells, named + 1) if cell.strip()), 0):
            yield f"column {filled} has no name and is not imported"
            return
