"""The functions that expressions may call: one table for checking, running and describing them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rules import operations
from rules.names import Scope
from rules.patterns import matches
from rules.values import Value, ValueType

Types = tuple[ValueType, ...]

TEXTS: Types = (ValueType.STRING, ValueType.EMAIL, ValueType.PHONE, ValueType.ENUMERATION)
NUMBERS: Types = (ValueType.INTEGER, ValueType.NUMERIC)
WHOLE: Types = (ValueType.INTEGER,)
TIMES: Types = (ValueType.DATE, ValueType.DATETIME)
ORDERED: Types = (ValueType.STRING, ValueType.EMAIL, ValueType.PHONE, *NUMBERS, *TIMES, ValueType.DURATION)
COUNTED: Types = (*TEXTS, ValueType.LIST)
EVERYTHING: Types = tuple(ValueType)


@dataclass(frozen=True, slots=True)
class Function:
    """One function. ``arguments`` are names and allowed types; of the last, ``most`` - len(arguments) more may follow.

    ``result`` None means the type of the arguments, which then must be alike. ``run`` gets the scope first where
    ``scoped``; it is never called with an unset argument, and an unset argument makes the result unset.
    ``literal``: the last argument must be written out, not computed.
    """

    name: str
    doc: str
    arguments: tuple[tuple[str, Types], ...]
    result: ValueType | None
    run: Callable[..., Value]
    least: int = -1
    most: int = -1
    scoped: bool = False
    alike: bool = False
    literal: bool = False

    @property
    def fewest(self) -> int:
        return self.least if self.least >= 0 else len(self.arguments)

    @property
    def limit(self) -> int:
        return self.most if self.most >= 0 else len(self.arguments)

    @property
    def usage(self) -> str:
        """How it is written, such as `between(value, low, high)`."""
        more = ", ..." if self.limit > len(self.arguments) else ""
        return f"{self.name}({', '.join(name for name, _ in self.arguments)}{more})"


def local_day(scope: Scope, when: date) -> date | None:
    """The participant's calendar day of an instant; a date as it is."""
    try:
        return when.astimezone(scope.zone).date() if isinstance(when, datetime) else when
    except (OverflowError, ValueError):
        return None


def _weekday(scope: Scope, when: date) -> int | None:
    day = local_day(scope, when)
    return day.isoweekday() if day else None


def _hour(scope: Scope, when: datetime) -> int | None:
    try:
        return when.astimezone(scope.zone).hour
    except (OverflowError, ValueError):
        return None


def _days_until(scope: Scope, when: date) -> int | None:
    day, today = local_day(scope, when), local_day(scope, scope.now)
    return (day - today).days if day and today else None


def _anniversary(scope: Scope, when: date) -> date | None:
    day, today = local_day(scope, when), local_day(scope, scope.now)
    if day is None or today is None:
        return None
    return next((come for year in (0, 1) if (come := _in_year(day, today.year + year)) and come >= today), None)


def _in_year(day: date, year: int) -> date | None:
    """The same day of another year; the 29th of February is the 28th where there is none."""
    return _date(year, day.month, day.day) or _date(year, day.month, day.day - 1)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def _datetime(scope: Scope, year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, tzinfo=scope.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _lasting(unit: timedelta) -> Callable[..., Value]:
    return lambda count: operations.duration(count, unit)


def _text_test(name: str, doc: str, test: Callable[[str, str], bool], other: str, literal: bool = False) -> Function:
    arguments = (("text", TEXTS), (other, TEXTS))
    return Function(name, doc, arguments, ValueType.BOOLEAN, test, literal=literal)


def _time_test(name: str, doc: str, test: Callable[..., bool]) -> Function:
    return Function(name, doc, (("one", TIMES), ("other", TIMES)), ValueType.BOOLEAN, test, alike=True)


def _span(name: str, doc: str, unit: timedelta) -> Function:
    return Function(name, doc, (("count", NUMBERS),), ValueType.DURATION, _lasting(unit))


_ORDER = ("value", ORDERED)
_DAY = (("year", WHOLE), ("month", WHOLE), ("day", WHOLE))

_ALL = (
    Function("now", "the present moment", (), ValueType.DATETIME, lambda scope: scope.now, scoped=True),
    Function(
        "today",
        "today's date where the participant is",
        (),
        ValueType.DATE,
        lambda scope: local_day(scope, scope.now),
        scoped=True,
    ),
    _span("minutes", "a length of time, for adding to a date with a time", timedelta(minutes=1)),
    _span("hours", "a length of time, for adding to a date with a time", timedelta(hours=1)),
    _span("days", "a length of time; whole days added to a date give a date", timedelta(days=1)),
    _span("weeks", "a length of time; whole weeks added to a date give a date", timedelta(weeks=1)),
    Function(
        "days_until",
        "calendar days from today to a date, below zero when it has passed",
        (("date", TIMES),),
        ValueType.INTEGER,
        _days_until,
        scoped=True,
    ),
    Function(
        "weekday",
        "the day of the week where the participant is, from 1 for Monday to 7 for Sunday",
        (("date", TIMES),),
        ValueType.INTEGER,
        _weekday,
        scoped=True,
    ),
    Function(
        "hour",
        "the hour of the day where the participant is, from 0 to 23",
        (("moment", (ValueType.DATETIME,)),),
        ValueType.INTEGER,
        _hour,
        scoped=True,
    ),
    Function(
        "anniversary",
        "the next day, today included, with the month and day of a date; 28 February for the 29th where need be",
        (("date", TIMES),),
        ValueType.DATE,
        _anniversary,
        scoped=True,
    ),
    Function("date", "a calendar day", _DAY, ValueType.DATE, _date),
    Function(
        "datetime",
        "a moment, in the participant's time zone",
        (*_DAY, ("hour", WHOLE), ("minute", WHOLE)),
        ValueType.DATETIME,
        _datetime,
        least=3,
        scoped=True,
    ),
    Function("is_set", "whether the name has a value", (("name", EVERYTHING),), ValueType.BOOLEAN, lambda _: True),
    Function(
        "is_not_set", "whether the name has no value", (("name", EVERYTHING),), ValueType.BOOLEAN, lambda _: False
    ),
    _text_test(
        "contains",
        "whether the text holds the part; Ä and ä are alike",
        lambda a, b: b.casefold() in a.casefold(),
        "part",
    ),
    _text_test(
        "starts_with",
        "whether the text begins with the part; Ä and ä are alike",
        lambda a, b: a.casefold().startswith(b.casefold()),
        "part",
    ),
    _text_test(
        "ends_with",
        "whether the text ends with the part; Ä and ä are alike",
        lambda a, b: a.casefold().endswith(b.casefold()),
        "part",
    ),
    _text_test(
        "matches",
        "whether the pattern (a regular expression without nested repeats) is found in the text; Ä and ä are alike",
        matches,
        "pattern",
        literal=True,
    ),
    Function("lower", "the text in small letters", (("text", TEXTS),), ValueType.STRING, str.lower),
    Function("upper", "the text in capital letters", (("text", TEXTS),), ValueType.STRING, str.upper),
    Function("length", "how many characters or items", (("text", COUNTED),), ValueType.INTEGER, len),
    Function(
        "between",
        "whether the value is from low to high, both included",
        (_ORDER, ("low", ORDERED), ("high", ORDERED)),
        ValueType.BOOLEAN,
        lambda value, low, high: low <= value <= high,
        alike=True,
    ),
    _time_test("before", "whether the first is earlier than the second", lambda one, other: one < other),
    _time_test("after", "whether the first is later than the second", lambda one, other: one > other),
    Function("min", "the smallest or earliest", (_ORDER, ("value", ORDERED)), None, min, most=10, alike=True),
    Function("max", "the largest or latest", (_ORDER, ("value", ORDERED)), None, max, most=10, alike=True),
)

FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _ALL}
