"""How a contact list is to be read, as a query says it.

However it is written, percent signs and all, it goes into the first line of a request, of which 8,190 bytes are read.
"""

import json
from typing import Annotated, Any

from pydantic import Field

from gateway.api.endpoints import Given
from gateway.api.problems import Problem
from gateway.sheets import Reading, ReadingRefused, SheetRefused

MAX_WORD = 20
MAX_SHEET = 31  # characters, as spreadsheets have it
MAX_DATES = 200
MAX_COLUMNS = 1_400
ASCII = r"^[ -~]*$"
BETWEEN_DATES = "|"

Word = Annotated[str, Field(max_length=MAX_WORD, pattern=ASCII)]


class ReadingQuery(Given):
    """What is empty is found out from the file."""

    encoding: Annotated[Word, Field(description="such as utf-8, utf-16-le or windows-1252")] = ""
    delimiter: Annotated[Word, Field(description="comma, semicolon, tab or pipe")] = ""
    sheet: Annotated[
        str, Field(max_length=MAX_SHEET, description="the worksheet of a workbook; without it, its first")
    ] = ""
    columns: Annotated[
        str,
        Field(
            max_length=MAX_COLUMNS,
            pattern=ASCII,
            description='which identifier or field a column is, as JSON: `{"Mobile": "phone", "Notes": "-"}`;'
            " `-` leaves it out; what is not ASCII is written `\\u00fc`",
        ),
    ] = ""
    dates: Annotated[
        str,
        Field(
            max_length=MAX_DATES,
            pattern=ASCII,
            description="formats of dates besides ISO 8601, with `|` between them: `DD.MM.YYYY|MM/DD/YYYY`",
        ),
    ] = ""
    region: Annotated[Word, Field(description="whose phone numbers have no country code: `DE`")] = ""
    decimal: Annotated[Word, Field(description="what is before decimals: point, or comma as in `1.234,50`")] = ""

    def reading(self, charset: str = "") -> Reading:
        """As the importer takes it; a ``charset`` other than UTF-8 is the encoding where none is said. Raises 409."""
        told = "" if charset.lower() in ("utf-8", "utf8") else charset
        try:
            return Reading(
                encoding=self.encoding or told,
                delimiter=self.delimiter,
                sheet=self.sheet,
                columns=_columns(self.columns),
                dates=tuple(text for part in self.dates.split(BETWEEN_DATES) if (text := part.strip())),
                region=self.region,
                decimal=self.decimal,
            )
        except ReadingRefused as refused:
            raise refusal(refused) from None


def _columns(text: str) -> dict[str, str]:
    try:
        found: Any = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise ReadingRefused("columns", 'columns must be a JSON object of texts, such as {"Mobile": "phone"}')
    return found


def refusal(refused: SheetRefused) -> Problem:
    """Why the file can't be imported, and where."""
    places = {"line": refused.line, "byte": refused.byte, "column": refused.column}
    known = {name: place for name, place in places.items() if place is not None}
    if isinstance(refused, ReadingRefused):
        errors = [{"field": refused.setting, "reason": str(refused)}]
        return Problem(409, "reading", "The file can't be read so", str(refused), errors=errors, place=known)
    return Problem(409, "file", "This file can't be imported", str(refused), place=known)
