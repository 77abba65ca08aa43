"""Contact lists: files as spreadsheets and other programs write them, read row by row in bounded memory.

CSV of any size (its encoding and delimiter found out or stated) and XLSX workbooks. The first row that is not blank
names the columns. Rows count from 1, as a spreadsheet counts them.
"""

from gateway.sheets.archive import LESS
from gateway.sheets.duplicates import Duplicates
from gateway.sheets.encodings import ENCODINGS
from gateway.sheets.header import MAX_COLUMNS, PROBLEM_COLUMN
from gateway.sheets.kinds import is_archive
from gateway.sheets.lines import MAX_LINE
from gateway.sheets.opening import open_raw, open_sheet
from gateway.sheets.preview import MAX_PREVIEWED, preview
from gateway.sheets.reading import DELIMITERS, LEFT_OUT, Reading
from gateway.sheets.refused import ReadingRefused, SheetRefused
from gateway.sheets.rows import ERRORS, counting, raw_rows, read_rows
from gateway.sheets.sheet import Column, Preview, RawSheet, Sheet
from gateway.sheets.sources import HEAD_BYTES

__all__ = [
    "DELIMITERS",
    "ENCODINGS",
    "ERRORS",
    "HEAD_BYTES",
    "LEFT_OUT",
    "LESS",
    "MAX_COLUMNS",
    "MAX_LINE",
    "MAX_PREVIEWED",
    "PROBLEM_COLUMN",
    "Column",
    "Duplicates",
    "Preview",
    "RawSheet",
    "Reading",
    "ReadingRefused",
    "Sheet",
    "SheetRefused",
    "counting",
    "is_archive",
    "open_raw",
    "open_sheet",
    "preview",
    "raw_rows",
    "read_rows",
]
