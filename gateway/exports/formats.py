"""The two formats of an export."""

import csv
import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from io import StringIO

from pydantic import BaseModel

from gateway.exports.cells import cell

MARK = "\ufeff"  # by which spreadsheets know that a CSV file is UTF-8


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"

    @property
    def media(self) -> str:
        """The type of such a file."""
        return MEDIA[self]


MEDIA = {Format.CSV: "text/csv", Format.JSONL: "application/jsonl"}


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    """The rows as CSV (RFC 4180)."""
    text = StringIO(newline="")
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def json_lines(models: Iterable[BaseModel]) -> bytes:
    """A line of JSON for each."""
    lines = (json.dumps(model.model_dump(mode="json"), ensure_ascii=False) for model in models)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
