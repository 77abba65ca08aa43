"""The rows of a list: counted, read, or as they are in the file."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from gateway.formulas import GUARD, ROUNDED, unguarded
from gateway.identity import IDENTIFIERS
from gateway.intake import Given, Read, RowProblem, read_row, shown
from gateway.sheets.dates import DateFormat, iso
from gateway.sheets.decimals import HINT, NOT_SO, may_have_comma, with_point
from gateway.sheets.fitting import EXCEL_BLOCK, Fitting
from gateway.sheets.opening import NO_ROWS
from gateway.sheets.records import Broken, Record
from gateway.sheets.refused import SheetRefused
from gateway.sheets.sheet import RawSheet, Sheet
from gateway.sheets.sources import rows_of
from rules.book import Rulebook
from rules.values import ValueType

COUNTED_ROWS = 50_000  # of which a count says how far it is: a second's, of a workbook two
ERRORS = frozenset({"#N/A", "#NAME?", "#DIV/0!", "#REF!", "#VALUE!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
_DAYS = {ValueType.DATE: True, ValueType.DATETIME: False}


def counting(sheet: Sheet, every: int = COUNTED_ROWS) -> Iterator[int]:
    """How many rows there are so far, after each so many of them; at last, how many rows `read_rows` gives. Reads the
    whole file: raises `SheetRefused` with line and byte where it is no text, or where a workbook is damaged."""
    rows = 0
    for rows, _ in enumerate(record for _, record in rows_of(sheet.path, sheet.reading) if record):  # the header is 0
        if rows and rows % every == 0:
            yield rows
    if not rows:
        raise SheetRefused(NO_ROWS)
    yield rows


def read_rows(sheet: Sheet, book: Rulebook, after: int = 0) -> Iterator[Read]:
    """Every row after row number ``after``, validated or as its problems, in the order of the file, without the blank
    ones. Raises `SheetRefused` where `counting` does.

    A blank cell is not given and changes nothing: of a required field it is wrong for new people only.
    """
    rows = rows_of(sheet.path, sheet.reading)
    before, header = next(rows)
    reader = _Reader(sheet, book, len(_cells_of(header)))
    for row, record in rows:
        if record:
            if row > after:
                yield reader.read(row, record, before)
            elif row > after - EXCEL_BLOCK:
                reader.see(row, record, before)
            before = row


def raw_rows(sheet: Sheet | RawSheet, rows: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
    """The rows of these numbers, which ascend, with their cells as they are in the file; of one that can't be read, the
    text of its lines as its only cell. Reads the file as far as the last of them."""
    wanted = iter(rows)
    number = next(wanted, None)
    for row, record in rows_of(sheet.path, sheet.reading):
        while number is not None and number < row:
            number = next(wanted, None)
        if number is None:
            return
        if row == number:
            yield row, _cells_of(record)


def _cells_of(record: Record) -> list[str]:
    return [record.text] if isinstance(record, Broken) else record


class _Reader:
    """Reads the rows of one file: which of its columns is what, and how its dates are written."""

    def __init__(self, sheet: Sheet, book: Rulebook, header: int) -> None:
        """``header`` is how many cells the header's row has, unnamed ones too."""
        places = {column.target: index for index, column in enumerate(sheet.columns) if column.target}
        self._book = replace(book, region=sheet.reading.region) if sheet.reading.region else book
        self._width = len(sheet.columns)
        self._fitting = Fitting(sheet, header)
        self._identifiers = tuple((name, index) for name, index in places.items() if name in IDENTIFIERS)
        self._fields = tuple((name, index) for name, index in places.items() if name not in IDENTIFIERS)
        self._formats = tuple(DateFormat.of(text) for text in sheet.reading.dates)
        self._dated = _dated(self._fields, book) if self._formats else {}
        self._numbers = frozenset(name for name, _ in self._fields if book.fields[name].type is ValueType.NUMERIC)
        self._comma, self._workbook = sheet.reading.decimal == "comma", bool(sheet.reading.sheet)

    def see(self, row: int, record: Record, before: int) -> None:
        """A row that is not read, but lies among the sixteen of one that is."""
        if not isinstance(record, Broken):
            self._fitting.fit(row, record, before)

    def read(self, row: int, record: Record, before: int) -> Read:
        """A row that is not blank; ``before`` is the number of the last such."""
        if isinstance(record, Broken):
            return (RowProblem(row, "", shown(record.text), record.reason),)
        if len(record) != self._width:
            fitted = self._fitting.fit(row, record, before)
            if isinstance(fitted, RowProblem):
                return (fitted,)
            record = fitted
        identifiers = {name: cell for name, index in self._identifiers if (cell := record[index].strip())}
        fields = {name: cell for name, index in self._fields if (cell := record[index].strip())}
        doubtful = not ERRORS.isdisjoint(record) or "E+" in identifiers.get("external_id", "")
        if doubtful and (wrong := tuple(_spoilt(row, identifiers, fields))):
            return wrong
        if GUARD in "".join(record):
            identifiers, fields = _meant(identifiers), _meant(fields)
        if self._comma and (wrong := tuple(self._put_points(row, fields))):
            return wrong
        read = (
            self._with_dates(row, identifiers, fields)
            if self._dated
            else read_row(self._book, row, identifiers, fields)
        )
        return read if isinstance(read, Given) or self._comma else tuple(map(self._hinted, read))

    def _put_points(self, row: int, fields: dict[str, str]) -> Iterator[RowProblem]:
        """Numbers get a point for their comma; what is wrong with others. Those that a workbook holds as numbers, and
        not as texts, have a point already."""
        for name in self._numbers & fields.keys():
            cell = fields[name]
            written = cell if self._workbook and "," not in cell else with_point(cell)
            if written is None:
                yield RowProblem(row, name, shown(cell), NOT_SO)
            else:
                fields[name] = written

    def _hinted(self, problem: RowProblem) -> RowProblem:
        """Whoever has a list with commas learns what may be said of it."""
        if problem.field not in self._numbers or not may_have_comma(problem.value):
            return problem
        return replace(problem, reason=f"{problem.reason}, {HINT}")

    def _with_dates(self, row: int, identifiers: Mapping[str, str], fields: dict[str, str]) -> Read:
        other = set()
        for name in self._dated.keys() & fields.keys():
            written = iso(fields[name], self._formats, day=self._dated[name])
            if written is None:
                other.add(name)
            else:
                fields[name] = written
        read = read_row(self._book, row, identifiers, fields)
        return tuple(self._told(problem, other) for problem in read) if isinstance(read, tuple) else read

    def _told(self, problem: RowProblem, other: Collection[str]) -> RowProblem:
        """A date that is wrong is not written as was stated either."""
        if problem.field not in other:
            return problem
        stated = " or ".join(format.text for format in self._formats)
        return replace(problem, reason=f"{problem.reason}, or as stated: {stated}")


def _meant(cells: Mapping[str, str]) -> dict[str, str]:
    """Without the apostrophes that only say to a spreadsheet that a text follows."""
    return {name: unguarded(cell) for name, cell in cells.items()}


def _dated(fields: Collection[tuple[str, int]], book: Rulebook) -> dict[str, bool]:
    """The fields that are dates, and whether each is a day alone."""
    types = {name: book.fields[name].type for name, _ in fields}
    return {name: _DAYS[type_] for name, type_ in types.items() if type_ in _DAYS}


def _spoilt(row: int, identifiers: Mapping[str, str], fields: Mapping[str, str]) -> Iterator[RowProblem]:
    """Values that a spreadsheet has spoilt before it wrote them, and that a text field would take."""
    for name, cell in {**identifiers, **fields}.items():
        if cell in ERRORS:
            yield RowProblem(row, name, cell, "is an error of the spreadsheet; mend its formula, or clear the cell")
    if ROUNDED.fullmatch(identifiers.get("external_id", "")):
        reason = "was rounded by the spreadsheet; format the column as text there, and write its numbers in full"
        yield RowProblem(row, "external_id", identifiers["external_id"], reason)
