"""The values that rules compute with, and the types that fields declare."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

# A datetime is an instant, and aware; only what is not yet somebody's may be local (see `rules.local`).
Value = str | int | Decimal | bool | date | datetime | timedelta | None | tuple["Value", ...]
Values = Mapping[str, Value]


class ValueType(StrEnum):
    """The nine types a field may declare, and the types only expressions have."""

    STRING = "string"
    INTEGER = "integer"
    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    ENUMERATION = "enumeration"
    EMAIL = "email"
    PHONE = "phone"
    DURATION = "duration"
    LIST = "list"
    ANY = "any"


FIELD_TYPES = tuple(ValueType)[:9]


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands in a rule file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
