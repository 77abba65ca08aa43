"""How values look in texts: as they are, and through filters such as `{{ amount_due | money('EUR') }}`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal

from rules.functions import EVERYTHING, NUMBERS, TEXTS, TIMES, Types
from rules.names import Scope
from rules.values import Value

Argument = str | int

DAY_FORM = "D MMM YYYY"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_CURRENCY = re.compile(r"[A-Z]{3}")
_FORM_PART = re.compile(r"YYYY|YY|MMM|MM|M|DD|D")
_WIDE = Context(prec=60)
_MAX_PLACES = 10

# ISO 4217: currencies whose amounts do not have two decimals
_PLACES: Mapping[str, int] = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: the types it takes, how it runs, and what its argument must be ("" where the argument is fine).

    ``run`` never gets an unset value unless ``takes_unset``. ``needs`` tells whether an argument must, may or may not
    be given: required, optional or none.
    """

    name: str
    doc: str
    takes: Types
    run: Callable[..., Value]
    needs: str = "none"
    fault: Callable[[Argument], str] = lambda _: ""
    takes_unset: bool = False


def show(value: Value, zone: tzinfo) -> str:
    """A value as a person reads it: unset as nothing, 129.90, yes, 2027-03-03, 2027-03-03 14:05 (local), 2 hours."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, timedelta):
        return _show_length(value)
    return ", ".join(show(item, zone) for item in value) if isinstance(value, tuple) else str(value)


def _show_length(length: timedelta) -> str:
    rest, parts = abs(int(length.total_seconds())), []
    for word, seconds in _UNITS:
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count} {word}{'s' if count > 1 else ''}")
    return ("-" if length < timedelta() else "") + (" ".join(parts) or "0 seconds")


def _day(scope: Scope, value: date, form: str = DAY_FORM) -> str:
    local = value.astimezone(scope.zone) if isinstance(value, datetime) else value
    parts = {
        "YYYY": f"{local.year:04}",
        "YY": f"{local.year % 100:02}",
        "MMM": _MONTHS[local.month - 1],
        "MM": f"{local.month:02}",
        "M": str(local.month),
        "DD": f"{local.day:02}",
        "D": str(local.day),
    }
    return _FORM_PART.sub(lambda part: parts[part.group()], form)


def _time(scope: Scope, value: date) -> str:
    local = value.astimezone(scope.zone) if isinstance(value, datetime) else None
    return f"{local:%H:%M}" if local else "00:00"


def _number(_: Scope, value: int | Decimal, places: int = 2) -> str:
    return format(Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE), "f")


def _money(scope: Scope, value: int | Decimal, currency: str) -> str:
    return f"{_number(scope, value, _PLACES.get(currency, 2))} {currency}"


def _currency_fault(argument: Argument) -> str:
    fine = isinstance(argument, str) and _CURRENCY.fullmatch(argument)
    return "" if fine else "a currency has three capital letters, such as 'EUR'"


def _places_fault(argument: Argument) -> str:
    fine = isinstance(argument, int) and 0 <= argument <= _MAX_PLACES
    return "" if fine else f"the number of decimals is a whole number from 0 to {_MAX_PLACES}"


def _form_fault(argument: Argument) -> str:
    fine = isinstance(argument, str) and _FORM_PART.search(argument)
    return "" if fine else "a form is made of D, DD, M, MM, MMM, YY and YYYY, such as 'DD.MM.YYYY'"


def _text_fault(argument: Argument) -> str:
    return "" if isinstance(argument, str) else "the text needs quotes"


_ALL = (
    Filter("money", "129.90 EUR", NUMBERS, _money, "required", _currency_fault),
    Filter("number", "a fixed number of decimals, 2 unless told", NUMBERS, _number, "optional", _places_fault),
    Filter("date", "3 Mar 2027, or by a form such as 'DD.MM.YYYY'", TIMES, _day, "optional", _form_fault),
    Filter(
        "datetime", "3 Mar 2027 14:05, local", TIMES, lambda scope, when: f"{_day(scope, when)} {_time(scope, when)}"
    ),
    Filter("time", "14:05, local", TIMES, _time),
    Filter("upper", "capital letters", TEXTS, lambda _, text: text.upper()),
    Filter("lower", "small letters", TEXTS, lambda _, text: text.lower()),
    Filter(
        "default",
        "another text where the value is unset or empty",
        EVERYTHING,
        lambda _, value, other: other if value in (None, "") else value,
        "required",
        _text_fault,
        takes_unset=True,
    ),
)

FILTERS: Mapping[str, Filter] = {filter_.name: filter_ for filter_ in _ALL}
