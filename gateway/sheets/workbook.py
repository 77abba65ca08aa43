"""Read an XLSX workbook: the cells of a worksheet as text, row by row. The one door to openpyxl.

What a formula gave when the workbook was saved is its value. Dates are ISO 8601, numbers as many digits as Excel keeps.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateway.intake import shown
from gateway.sheets.archive import LESS, MAX_ITEMS, Archive
from gateway.sheets.header import MAX_COLUMNS
from gateway.sheets.kinds import BoundedFile, opened
from gateway.sheets.records import MAX_CELL, MAX_RECORD, Broken, Record
from gateway.sheets.refused import ReadingRefused, SheetRefused
from gateway.sheets.texts import SharedTexts, texts_in

warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")  # of styles it does not know

DIGITS = 15  # of a number that are true; what a file says beyond is how binary fractions are written
MAX_NAMED = 20  # worksheets that a sentence names


def worksheets(path: Path) -> tuple[str, ...]:
    """The names of the worksheets that somebody sees who opens the workbook. Raises `SheetRefused`."""
    with opened(path) as file, _damages_told():
        found = _reader(file).parser.find_sheets()
        return tuple(sheet.name for sheet, part in found if sheet.state == "visible" and "chart" not in part.Type)


def chosen(names: tuple[str, ...], stated: str) -> str:
    """The worksheet that is read: the stated one, or the first. Raises `SheetRefused`."""
    if not names:
        raise SheetRefused("the workbook has no worksheet")
    if stated and stated not in names:
        there = ", ".join(f'"{shown(name)}"' for name in names[:MAX_NAMED])
        raise ReadingRefused("sheet", f'the workbook has no worksheet "{shown(stated)}"; there are {there}')
    return stated or names[0]


def workbook_records(path: Path, name: str) -> Iterator[Record]:
    """The cells of each row of a worksheet, [] for a blank one; the first is row 1. Raises `SheetRefused`."""
    with opened(path) as file, _damages_told():
        for values in _sheet(_reader(file), name).iter_rows(min_row=1, max_row=MAX_ITEMS, values_only=True):
            yield _record(values)


def _reader(file: BoundedFile) -> Any:
    """What the workbook says of its parts is read, but none of its worksheets."""
    from openpyxl.reader.excel import ExcelReader  # 11 MB that only workbooks take

    reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    reader.archive = Archive(file)
    reader.read_manifest()
    reader.read_workbook()
    return reader


def _sheet(reader: Any, name: str) -> Any:
    from openpyxl.styles.stylesheet import apply_stylesheet
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    class Worksheet(ReadOnlyWorksheet):
        def _get_size(self) -> None:
            """How large it claims to be is not asked: where it says nothing, all of it would be read for that."""

    apply_stylesheet(reader.archive, reader.wb)  # tells which numbers are dates
    target = next(part.target for sheet, part in reader.parser.find_sheets() if sheet.name == name)
    return Worksheet(reader.wb, name, target, SharedTexts(_texts(reader)))


def _texts(reader: Any) -> Iterator[str]:
    from openpyxl.xml.constants import SHARED_STRINGS

    if (part := reader.package.find(SHARED_STRINGS)) is not None:
        with reader.archive.open(part.PartName[1:]) as file:
            yield from texts_in(file)


@contextmanager
def _damages_told() -> Iterator[None]:
    """What the library raises for XML that means nothing can be anything, and may quote what is in a cell."""
    try:
        yield
    except SheetRefused:
        raise
    except MemoryError:
        raise SheetRefused(f"the workbook takes too much memory; {LESS}") from None
    except Exception as error:
        kind = type(error).__name__
        raise SheetRefused(f"the workbook is damaged ({kind}); open it in Excel and save it again") from error


def _record(values: tuple[object, ...]) -> Record:
    """Many cells may refer to one text, however long: what a row refers to is bounded as in a text file."""
    cells = [value if isinstance(value, str) else "" if value is None else _text(value) for value in values]
    if (size := sum(map(len, cells))) > MAX_CELL and (size > MAX_RECORD or max(map(len, cells)) > MAX_CELL):
        most = f"{MAX_RECORD} characters, or {MAX_CELL} in one cell"
        return Broken(", ".join(map(shown, cells[:MAX_COLUMNS])), f"has more than {most}")
    return cells if any(cell.strip() for cell in cells) else []


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _digits(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _digits(value: float) -> str:
    """Without an exponent: a phone number in a cell is a number, too."""
    return format(Decimal(f"{value:.{DIGITS}g}"), "f")
