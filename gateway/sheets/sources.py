"""The records of a file, whatever it is: a text or a workbook."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from gateway.identity import IDENTIFIERS
from gateway.sheets.delimiters import find_delimiter, said_delimiter
from gateway.sheets.encodings import Encoding, find_encoding, mark_of
from gateway.sheets.kinds import is_workbook
from gateway.sheets.lines import Block, blocks
from gateway.sheets.reading import Reading
from gateway.sheets.records import Record, Records
from gateway.sheets.refused import ReadingRefused, SheetRefused
from gateway.sheets.workbook import chosen, workbook_records, worksheets

HEAD_BYTES = 1 << 20
MAX_BLANK = 1_000  # lines before the header

Numbered = tuple[int, Record]


def found_out(path: Path, reading: Reading, fields: Collection[str]) -> tuple[Reading, tuple[str, ...]]:
    """The reading with what the file tells filled in, and what is doubtful. ``fields`` may be named in its header.
    Raises `SheetRefused`."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if is_workbook(path, head):
        return replace(reading, encoding="", delimiter="", sheet=chosen(worksheets(path), reading.sheet)), ()
    if reading.sheet:
        raise ReadingRefused("sheet", "a worksheet was stated, but the file is no workbook: it is text")
    encoding = find_encoding(head, reading.encoding)
    delimiter = _delimiter(path, encoding, reading, fields)
    return replace(reading, encoding=encoding.name, delimiter=delimiter), (encoding.doubt,) if encoding.doubt else ()


def rows_of(path: Path, reading: Reading) -> Iterator[Numbered]:
    """The header and then all rows, each with its number, as a spreadsheet counts; [] for a blank one. ``reading`` is
    one that was `found_out`. Raises `SheetRefused`."""
    numbered = enumerate(_records(path, reading), start=1)
    header = next((one for one in islice(numbered, MAX_BLANK) if one[1]), None)
    if header is None:
        raise SheetRefused(f"the file is empty, or its first {MAX_BLANK} lines are")
    return chain([header], numbered)


def _records(path: Path, reading: Reading) -> Iterator[Record]:
    if reading.sheet:
        return iter(workbook_records(path, reading.sheet))
    mark = mark_of(path, reading.encoding)
    return _text_records(path, Encoding(reading.encoding, mark), reading.delimiter)


def _text_records(path: Path, encoding: Encoding, delimiter: str) -> Iterator[Record]:
    """The line with which Excel says the delimiter is none of the rows: Excel does not show it."""
    with path.open("rb") as file:
        file.seek(encoding.mark)
        lines = blocks(file, encoding.name)
        first = next(lines, [""])
        skipped = 1 if said_delimiter(first[0]) else 0
        yield from Records(chain([first[skipped:]], lines), delimiter, first=1 + skipped)


def _delimiter(path: Path, encoding: Encoding, reading: Reading, fields: Collection[str]) -> str:
    block = _first_block(path, encoding)
    said = said_delimiter(block[0])
    return reading.delimiter or said or find_delimiter(block, [*IDENTIFIERS, *fields, *reading.columns])


def _first_block(path: Path, encoding: Encoding) -> Block:
    with path.open("rb") as file:
        file.seek(encoding.mark)
        block = next(blocks(file, encoding.name), None)
    if block is None:
        raise SheetRefused("the file is empty")
    return block
