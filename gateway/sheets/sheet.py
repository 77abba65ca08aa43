"""A file that can be imported, and what a look at its beginning tells of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway.intake import Given, Read
from gateway.sheets.reading import Reading
from rules.fields import to_json


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the cell of the header, and the identifier or field it is read as ("" = it is not imported)."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that can be imported, by what its first `HEAD_BYTES` tell.

    ``reading`` is how it is read, with what was found out filled in: encoding and delimiter of a text ("" both for a
    workbook), the worksheet of a workbook ("" for a text). ``columns`` are its header's; ``warnings`` name columns that
    are not read, required ones that are not there, and what was guessed.
    """

    path: Path
    reading: Reading
    columns: tuple[Column, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """All but the path, as JSON holds it."""
        columns = [asdict(column) for column in self.columns]
        return {"reading": self.reading.as_json(), "columns": columns, "warnings": list(self.warnings)}

    @classmethod
    def from_json(cls, path: Path, told: Mapping[str, Any]) -> "Sheet":
        """What `as_json` wrote."""
        columns = tuple(Column(**column) for column in told["columns"])
        return cls(path, Reading.from_json(told["reading"]), columns, tuple(told["warnings"]))


@dataclass(frozen=True, slots=True)
class RawSheet:
    """A file as it is, whatever the rules make of it now. ``header`` names its columns; so many are its ``own``, and
    behind them is at most the one that tells what was wrong with rows that failed before."""

    path: Path
    reading: Reading
    header: tuple[str, ...]
    own: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import of the file would do, by its first rows.

    ``sheets`` names the worksheets of a workbook, () for a text. ``rows`` are the first rows as an import reads them:
    what is given, or what is wrong. ``cells`` are the same rows as they are in the file, but for what is long, which is
    shortened. ``duplicates`` are the numbers of those rows whose identifiers are all those of an earlier one of them.
    """

    sheet: Sheet
    sheets: tuple[str, ...]
    rows: tuple[Read, ...]
    cells: tuple[tuple[str, ...], ...]
    duplicates: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """All but the path, as JSON holds it."""
        rows = [_row_told(read, cells) for read, cells in zip(self.rows, self.cells, strict=False)]
        return self.sheet.as_json() | {"sheets": list(self.sheets), "rows": rows, "duplicates": list(self.duplicates)}


def _row_told(read: Read, cells: tuple[str, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {"cells": list(cells), "identifiers": {}, "fields": {}, "errors": []}
    if isinstance(read, Given):
        fields = {name: to_json(value) for name, value in read.fields.items()}
        return told | {"row": read.row, "identifiers": dict(read.identifiers), "fields": fields}
    return told | {"row": read[0].row, "errors": [asdict(problem) for problem in read]}
