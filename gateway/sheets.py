"""Read a contact list: a CSV file as spreadsheets write it, in bounded memory.

UTF-8 with or without a byte order mark; commas, semicolons or tabs, whichever the first line uses most; cells in
double quotes may hold line ends. The first row names the columns. Rows count from 1, the header being row 1, as a
spreadsheet counts them.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.hints import did_you_mean
from gateway.identity import IDENTIFIERS, IdentityMissing
from gateway.intake import Read, RowProblem, is_required, read_row, shown
from rules.book import Rulebook

MAX_LINE_BYTES = 1_000_000
MAX_COLUMNS = 500
DELIMITERS = ",;\t"
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class SheetRefused(Exception):
    """The file as a whole can't be imported; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that can be imported. ``columns`` are its header cells; ``warnings`` name those that are not read, and
    the required ones that are not there."""

    path: Path
    delimiter: str
    columns: tuple[str, ...]
    warnings: tuple[str, ...]
    total: int


def open_sheet(path: Path, book: Rulebook) -> Sheet:
    """Check the whole file's encoding and its header. Raises `SheetRefused` with line and byte or column."""
    with path.open("rb") as file:
        first = next(_lines(file), "")
    delimiter = max(DELIMITERS, key=re.sub(r'"[^"]*"?', "", first).count)
    records = _records(path, delimiter)
    header = next(records, None)
    if header is None:
        raise SheetRefused("the file is empty")
    if isinstance(header, str):
        raise SheetRefused(f"row 1: {header}")
    columns = tuple(cell.strip() for cell in header)
    warnings = _check_header(columns, book)
    total = sum(1 for record in records if record)
    if not total:
        raise SheetRefused("the file has a header but no rows")
    return Sheet(path, delimiter, columns, warnings, total)


def read_rows(sheet: Sheet, book: Rulebook) -> Iterator[Read]:
    """Every row, validated or as its problems, in the order of the file. Blank lines are left out.

    A blank cell is not given and changes nothing: of a required field it is wrong for new people only.
    """
    known = {name: index for index, name in enumerate(sheet.columns) if _is_read(name, book)}
    records = _records(sheet.path, sheet.delimiter)
    next(records)
    for row, record in enumerate(records, start=2):
        if isinstance(record, str):
            yield (RowProblem(row, "", "", record),)
        elif record:
            yield _read(sheet, book, row, record, known)


def _read(sheet: Sheet, book: Rulebook, row: int, record: list[str], known: Mapping[str, int]) -> Read:
    if len(record) != len(sheet.columns):
        reason = f"has {len(record)} cells, the header has {len(sheet.columns)}"
        return (RowProblem(row, "", shown(sheet.delimiter.join(record)), reason),)
    cells = {name: cell for name, index in known.items() if (cell := record[index].strip())}
    identifiers = {name: cell for name, cell in cells.items() if name in IDENTIFIERS}
    return read_row(book, row, identifiers, {n: c for n, c in cells.items() if n not in identifiers})


def _is_read(name: str, book: Rulebook) -> bool:
    return name in IDENTIFIERS or (name in book.fields and book.fields[name].imported)


def _check_header(columns: tuple[str, ...], book: Rulebook) -> tuple[str, ...]:
    """Warnings for columns that are not read or lack; raises `SheetRefused` where no row could be kept."""
    if len(columns) > MAX_COLUMNS:
        raise SheetRefused(f"the header has {len(columns)} columns, at most {MAX_COLUMNS} are allowed")
    for name in columns:
        if name and columns.count(name) > 1:
            raise SheetRefused(f'the column "{shown(name)}" is there twice')
    warnings = tuple(_warning(name, index, book) for index, name in enumerate(columns, 1) if not _is_read(name, book))
    unread = "".join(f"; {warning}" for warning in warnings[:5])
    if not any(name in IDENTIFIERS for name in columns):
        raise SheetRefused(f"the header {IdentityMissing()}{unread}")
    return (*warnings, *_absent(columns, book))


def _absent(columns: tuple[str, ...], book: Rulebook) -> Iterator[str]:
    for name, field in book.fields.items():
        if is_required(field) and not (name in columns and field.imported):
            yield f'the required "{name}" is not imported: rows of new people will fail'


def _warning(name: str, index: int, book: Rulebook) -> str:
    if not name:
        return f"column {index} has no name and is not imported"
    if name in book.fields:
        return f'the column "{name}" is not imported: the field says import: false'
    near = did_you_mean(name, [*IDENTIFIERS, *book.fields])
    return f'the column "{shown(name)}" is unknown and is not imported{near}'


def _records(path: Path, delimiter: str) -> Iterator[list[str] | str]:
    """Every record: its cells, [] for a blank line, or a sentence where it can't be read."""
    with path.open("rb") as file:
        reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)
        while True:
            first = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield f"cannot be read from line {first} on, a quote may be missing: {error}"
            else:
                yield record if any(cell.strip() for cell in record) else []


def _lines(file: BinaryIO) -> Iterator[str]:
    """The file's lines with their ends. Raises `SheetRefused` at the first byte that is not text."""
    offset = 0
    for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), start=1):
        if len(line) > MAX_LINE_BYTES:
            raise SheetRefused(f"line {number} is longer than {MAX_LINE_BYTES} bytes: this is no contact list")
        if b"\0" in line:
            raise SheetRefused(f"line {number}, byte {offset + line.index(0)}: a NUL byte, so this is no text file")
        yield from _LINES.findall(_decoded(line, number, offset))
        offset += len(line)


def _decoded(line: bytes, number: int, offset: int) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SheetRefused(
            f"line {number}, byte {offset + error.start}: not UTF-8; save the file as “CSV UTF-8”"
        ) from None
    return text.removeprefix("\ufeff") if number == 1 else text
