"""Whether a row has the cells that the header asks for: spreadsheets leave out what is blank at the end."""

from gateway.intake import RowProblem, shown
from gateway.sheets.sheet import Sheet

EXCEL_BLOCK = 16
"""Excel writes a text 16 rows at a time, and leaves out the columns at the end that are blank in all of them.

https://support.microsoft.com/kb/77295
"""


class Fitting:
    """Fits the rows of one file, in order."""

    def __init__(self, sheet: Sheet, header: int) -> None:
        """``header`` is how many cells the header's row has, unnamed ones too."""
        self._named = len(sheet.columns)
        self._header = header
        self._workbook = bool(sheet.reading.sheet)
        self._narrow = (0, header)  # the sixteen that were last seen to begin with a short row, and how short

    def fit(self, row: int, record: list[str], before: int) -> list[str] | RowProblem:
        """A cell for each column that has a name, or what is wrong with the row; ``before`` is the number of the last
        row that was not blank."""
        width = len(record)
        if width < self._named and (self._workbook or self._is_narrow(row, width, before)):
            return [*record, *[""] * (self._named - width)]
        if width >= self._named and not any(cell.strip() for cell in record[self._header :]):
            return record
        reason = f"has {width} cells, the header has {self._named}"
        return RowProblem(row, "", shown(", ".join(record[: self._header + 1])), reason)

    def _is_narrow(self, row: int, width: int, before: int) -> bool:
        """Whether all of these sixteen rows are as short, as far as they were seen."""
        sixteen = (row - 1) // EXCEL_BLOCK
        if (before - 1) // EXCEL_BLOCK != sixteen:
            self._narrow = (sixteen, width)
        return self._narrow == (sixteen, width)
