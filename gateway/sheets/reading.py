"""How to read a file: what somebody stated about it, or left to be found out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from phonenumbers import SUPPORTED_REGIONS

from gateway.intake import shown
from gateway.sheets.dates import DateFormat
from gateway.sheets.decimals import DECIMALS
from gateway.sheets.encodings import encoding_named
from gateway.sheets.refused import ReadingRefused

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
MAX_DATES = 10  # stated formats of dates, each of which may be tried for each cell
MAX_MAPPED = 500
MAX_NAME = 200  # characters of a header cell or a worksheet's name that is stated
LEFT_OUT = "-"  # in `Reading.columns`: the column is not imported


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file; what is empty is found out from the file, or is the campaign's.

    ``encoding`` is utf-8, utf-16-le, utf-16-be or windows-1252 (other spellings are put right); ``delimiter`` a comma,
    semicolon, tab or pipe (or that word); ``sheet`` the worksheet of a workbook (its first); ``columns`` say by the
    cell of the header which identifier or field a column is, "-" leaves it out; ``dates`` are the formats that dates
    and times may have besides ISO 8601 (see `DateFormat`), tried in order; ``region`` (ISO 3166) reads national phone
    numbers; ``decimal`` is what is before the decimals of a number: point (as where nothing is said) or comma, which a
    point between thousands goes with. Raises `ReadingRefused` for what no file can be read by.
    """

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    region: str = ""
    decimal: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoding", encoding_named(self.encoding))
        object.__setattr__(self, "delimiter", _delimiter_named(self.delimiter))
        object.__setattr__(self, "columns", _mapping(self.columns))
        object.__setattr__(self, "region", _region_named(self.region))
        object.__setattr__(self, "decimal", _decimal_named(self.decimal))
        if len(self.sheet) > MAX_NAME:
            raise ReadingRefused("sheet", f"the name of the worksheet is longer than {MAX_NAME} characters")
        if len(self.dates) > MAX_DATES:
            raise ReadingRefused("dates", f"{len(self.dates)} formats of dates, at most {MAX_DATES} are allowed")
        for text in self.dates:
            DateFormat.of(text)

    def as_json(self) -> dict[str, Any]:
        """What differs from a reading that leaves all to be found out, as JSON holds it."""
        default = Reading()
        given = {
            f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != getattr(default, f.name)
        }
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Reading":
        """The reading that `as_json` wrote. Raises `ReadingRefused`, and TypeError for keys that it does not write."""
        return cls(**{**stored, "dates": tuple(stored.get("dates", ()))})


def _delimiter_named(stated: str) -> str:
    if not stated or stated in DELIMITERS:
        return stated
    named = {word: character for character, word in DELIMITERS.items()} | {"\\t": "\t"}
    if stated.strip().lower() in named:
        return named[stated.strip().lower()]
    raise ReadingRefused("delimiter", f'the delimiter "{shown(stated)}" is none of {", ".join(DELIMITERS.values())}')


def _mapping(stated: Mapping[str, str]) -> dict[str, str]:
    if len(stated) > MAX_MAPPED:
        raise ReadingRefused("columns", f"{len(stated)} columns are mapped, at most {MAX_MAPPED} are allowed")
    for name, target in stated.items():
        if max(len(name), len(target)) > MAX_NAME:
            raise ReadingRefused("columns", f'"{shown(name)}": a name is longer than {MAX_NAME} characters')
    mapped = {name.strip(): target.strip() for name, target in stated.items()}
    if not all(mapped.values()) or not all(mapped):
        raise ReadingRefused("columns", f'a column has no name; write "{LEFT_OUT}" for one that is not to be imported')
    return mapped


def _region_named(stated: str) -> str:
    if stated and stated.upper() not in SUPPORTED_REGIONS:
        raise ReadingRefused("region", f'there is no region "{shown(stated)}": write two letters such as DE')
    return stated.upper()


def _decimal_named(stated: str) -> str:
    named = stated.strip().lower()
    if named and named not in DECIMALS:
        raise ReadingRefused("decimal", f'the decimal "{shown(stated)}" is none of {", ".join(DECIMALS)}')
    return named
