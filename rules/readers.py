"""Readers for numbers, yes and no, dates and instants: from text, JSON or YAML to the one value that rules know."""

import re
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal

from rules.local import instant_of
from rules.operations import NUMBER_LIMIT

MAX_PLACES = 10
_MOST = Decimal(NUMBER_LIMIT)  # decimals are compared in a third of the time

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_NUMERIC = re.compile(r"[+-]?[0-9]{1,19}(?:\.[0-9]+)?")
_LONG = re.compile(r"[+-]?[0-9]{20,}(?:\.[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)


class FieldError(Exception):
    """A value does not fit its field. ``reason`` tells an operator what is wrong and what to write."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def written(raw: object) -> str:
    """A value as an error names it: shortened, without characters that would spoil a line."""
    text = str(raw)
    shown = "".join(character if character.isprintable() else "?" for character in text[:40])
    return f'"{shown}..."' if len(text) > 40 else f'"{shown}"'


def read_boolean(raw: object) -> bool:
    """True or false; raises FieldError."""
    word = raw.strip().lower() if isinstance(raw, str) else str(raw).lower() if isinstance(raw, int) else ""
    if word not in _WORDS:
        raise FieldError(f"{written(raw)} is neither yes nor no; write true, false, yes, no, 1 or 0")
    return _WORDS[word]


def read_integer(raw: object) -> int:
    """A whole number within `NUMBER_LIMIT`; raises FieldError."""
    number = _number(raw)
    if number is None or number != number.to_integral_value():
        raise FieldError(f"{written(raw)} is not a whole number; write it in digits, such as 12")
    if isinstance(raw, str) and not _INTEGER.fullmatch(raw.strip()):
        raise FieldError(f"{written(raw)} is not a whole number; write it in digits, such as 12")
    return int(_bounded(raw, number))


def read_numeric(raw: object) -> Decimal:
    """A number within `NUMBER_LIMIT`, with at most `MAX_PLACES` decimals, exact; raises FieldError."""
    number = _number(raw)
    if number is None:
        comma = isinstance(raw, str) and _COMMA.fullmatch(raw.strip())
        hint = "write a point instead of the comma" if comma else "write it in digits, such as 129.90"
        raise FieldError(f"{written(raw)} is not a number; {hint}")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MAX_PLACES:
        raise FieldError(f"{written(raw)} has {-exponent} decimals; at most {MAX_PLACES} are kept")
    return _bounded(raw, number if number else abs(number))  # no minus before zero


def read_date(raw: object, zone: tzinfo) -> date:
    """A calendar day; an instant gives its day in ``zone``. Raises FieldError."""
    if isinstance(raw, datetime):
        return _in_zone(raw, zone).date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, str) and _DATE.fullmatch(raw.strip()):
        try:
            return date.fromisoformat(raw.strip())
        except ValueError:
            raise FieldError(f"{written(raw)} is not a day of the calendar") from None
    raise FieldError(f"{written(raw)} is not a date; write year-month-day, such as 2027-03-31")


def read_datetime(raw: object, zone: tzinfo | None) -> datetime:
    """An instant in UTC; without an offset it is local in ``zone``, a date alone its midnight. Raises FieldError.

    Without a zone it stays local: a datetime that has none either (see `rules.local`).
    """
    try:
        instant = _instant(raw, zone)
    except (ValueError, OverflowError):
        raise FieldError(f"{written(raw)} is not a moment of the calendar") from None
    if instant is None:
        raise FieldError(f"{written(raw)} is not a date with a time; write 2027-03-31T14:05 or 2027-03-31T14:05+02:00")
    return instant


def _instant(raw: object, zone: tzinfo | None) -> datetime | None:
    if isinstance(raw, str) and _DATETIME.fullmatch(raw.strip()):
        raw = datetime.fromisoformat(raw.strip())
    elif isinstance(raw, str) and _DATE.fullmatch(raw.strip()):
        raw = date.fromisoformat(raw.strip())
    if isinstance(raw, date) and not isinstance(raw, datetime):
        raw = datetime.combine(raw, time())
    if not isinstance(raw, datetime):
        return None
    if raw.tzinfo:
        return raw.astimezone(UTC)
    return instant_of(raw, zone) if zone else raw


def _in_zone(instant: datetime, zone: tzinfo) -> datetime:
    try:
        return instant.astimezone(zone) if instant.tzinfo else instant
    except (ValueError, OverflowError):
        raise FieldError(f"{written(instant)} is not a moment of the calendar") from None


def _number(raw: object) -> Decimal | None:
    if isinstance(raw, str):
        if _LONG.fullmatch(raw.strip()):
            raise FieldError(f"{written(raw)} is too large; numbers may be at most {NUMBER_LIMIT}")
        return Decimal(raw.strip()) if _NUMERIC.fullmatch(raw.strip()) else None
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal)):
        return None
    number = raw if isinstance(raw, Decimal) else Decimal(repr(raw) if isinstance(raw, float) else raw)
    return number if number.is_finite() else None


def _bounded(raw: object, number: Decimal) -> Decimal:
    if not -_MOST <= number <= _MOST:
        raise FieldError(f"{written(raw)} is too large; numbers may be at most {NUMBER_LIMIT}")
    return number
