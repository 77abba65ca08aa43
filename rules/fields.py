"""Values of declared fields: read from imports, API calls, rule files and answers; kept as JSON and read back.

A value that does not fit raises FieldError with a reason that tells the operator what to write instead.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from unicodedata import normalize
from zoneinfo import ZoneInfo

from rules.book import Field
from rules.diagnostics import did_you_mean
from rules.local import is_local
from rules.readers import FieldError, read_boolean, read_date, read_datetime, read_integer, read_numeric, written
from rules.texts import read_email, read_phone, read_slack_user, text_of
from rules.values import Value, ValueType

__all__ = [
    "IDENTIFIER_KINDS",
    "MAX_EXTERNAL_ID",
    "TIMEZONE_FIELD",
    "FieldError",
    "coerce",
    "from_json",
    "given_from_json",
    "normalise_identifier",
    "to_json",
]

MAX_EXTERNAL_ID = 200
TIMEZONE_FIELD = "timezone"  # a field of this name, where declared, is the participant's own time zone


_Reader = Callable[[Field, object, str, tzinfo | None], Value]
"""From what was given to a field's value; takes region and zone, too."""


def coerce(field: Field, raw: object, region: str = "", zone: tzinfo | None = None) -> Value:
    """The field's value from text or from a JSON or YAML value; None and blank text are unset (None).

    Phone numbers become E.164 (national ones need ``region``, ISO 3166), email addresses lower case, instants UTC.
    Without an offset these are local in ``zone``; without a zone they stay local (see `rules.local`), for where it is
    not known yet whom the value is for. Enumerations are found whatever their case. Raises FieldError.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    reader = _READERS.get(field.type)
    if reader is None:
        raise FieldError(f"a field cannot have the type {field.type}")
    return reader(field, raw, region, zone)


def to_json(value: Value) -> object:
    """The value as JSON holds it: numbers with decimals as text, dates and instants in ISO 8601."""
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def from_json(field: Field, stored: object) -> Value:
    """A kept value as the field's type wants it now; unset where the type has changed and it no longer fits."""
    try:
        return _KEPT.get(field.type, _kept_any)(field, stored)
    except (ArithmeticError, TypeError, ValueError):
        return None


def given_from_json(field: Field, stored: object) -> Value:
    """As `from_json`, for what was given to a participant and is not decided yet: moments may be local there."""
    local = _moment(stored) if field.type is ValueType.DATETIME else None
    return local if is_local(local) else from_json(field, stored)


def normalise_identifier(kind: str, raw: object, region: str = "") -> str:
    """A customer identifier in the one form that is compared; ``kind`` is external_id, phone, email or slack.

    Raises FieldError, for a blank value too.
    """
    reader = _IDENTIFIERS.get(kind)
    if reader is None:
        raise FieldError(f"{written(kind)} is not an identifier; there are {', '.join(_IDENTIFIERS)}")
    if raw is None or not str(raw).strip():
        raise FieldError(f"{kind} is empty; leave it out or give a value")
    return reader(raw, region)


def _read_string(field: Field, raw: object, *_: object) -> str:
    text = text_of(raw)
    return _zone_name(text) if field.name == TIMEZONE_FIELD else text


def _zone_name(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (LookupError, ValueError, OSError):
        raise FieldError(f'"{text[:60]}" is not a known time zone; write one such as Europe/Berlin') from None


def _read_choice(field: Field, raw: object, *_: object) -> str:
    text = str(raw) if type(raw) is int else text_of(raw)
    by_fold = {_folded(value): value for value in field.values}
    if text in field.values:
        return text
    if _folded(text) in by_fold:
        return by_fold[_folded(text)]
    hint = did_you_mean(text, field.values) or f"allowed: {', '.join(field.values)}"
    raise FieldError(f"{written(text)} is not allowed; {hint}")


def _folded(text: str) -> str:
    return normalize("NFC", normalize("NFC", text).casefold())


def _external_id(raw: object, _: str) -> str:
    return text_of(str(raw) if type(raw) is int else raw, MAX_EXTERNAL_ID)


_READERS: Mapping[ValueType, _Reader] = {
    ValueType.STRING: _read_string,
    ValueType.INTEGER: lambda _, raw, *__: read_integer(raw),
    ValueType.NUMERIC: lambda _, raw, *__: read_numeric(raw),
    ValueType.BOOLEAN: lambda _, raw, *__: read_boolean(raw),
    ValueType.DATE: lambda _, raw, __, zone: read_date(raw, zone or UTC),
    ValueType.DATETIME: lambda _, raw, __, zone: read_datetime(raw, zone),
    ValueType.ENUMERATION: _read_choice,
    ValueType.EMAIL: lambda _, raw, *__: read_email(raw),
    ValueType.PHONE: lambda _, raw, region, __: read_phone(raw, region),
}

_IDENTIFIERS: Mapping[str, Callable[[object, str], str]] = {
    "external_id": _external_id,
    "phone": read_phone,
    "email": lambda raw, _: read_email(raw),
    "slack": lambda raw, _: read_slack_user(raw),
}
IDENTIFIER_KINDS = tuple(_IDENTIFIERS)


def _kept_any(_: Field, stored: object) -> Value:
    return stored if isinstance(stored, str | int) else None


def _kept_text(_: Field, stored: object) -> Value:
    return stored if isinstance(stored, str) else None


def _kept_choice(field: Field, stored: object) -> Value:
    return stored if isinstance(stored, str) and stored in field.values else None


def _kept_decimal(_: Field, stored: object) -> Value:
    number = Decimal(stored) if isinstance(stored, str | int) and not isinstance(stored, bool) else Decimal("NaN")
    return number if number.is_finite() else None


def _moment(stored: object) -> datetime | None:
    try:
        return datetime.fromisoformat(stored) if isinstance(stored, str) else None
    except ValueError:
        return None


def _kept_datetime(_: Field, stored: object) -> Value:
    instant = _moment(stored)
    return instant.astimezone(UTC) if instant is not None and instant.tzinfo is not None else None


_KEPT: Mapping[ValueType, Callable[[Field, object], Value]] = {
    ValueType.STRING: _kept_text,
    ValueType.EMAIL: _kept_text,
    ValueType.PHONE: _kept_text,
    ValueType.INTEGER: lambda _, stored: stored if type(stored) is int else None,
    ValueType.BOOLEAN: lambda _, stored: stored if isinstance(stored, bool) else None,
    ValueType.NUMERIC: _kept_decimal,
    ValueType.DATE: lambda _, stored: date.fromisoformat(stored) if isinstance(stored, str) else None,
    ValueType.DATETIME: _kept_datetime,
    ValueType.ENUMERATION: _kept_choice,
}
