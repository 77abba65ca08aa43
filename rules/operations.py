"""What expressions do when they run. Every operation is total: unset in, or no sensible result, gives unset (None)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_FLOOR, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

from rules.values import Value

NUMBER_LIMIT = 10**18  # a number beyond this, above or below zero, is unset
PRECISION = 34

Number = int | Decimal

_EXACT = Context(prec=PRECISION, traps=[InvalidOperation, DivisionByZero, Overflow])


def moment(day: date | None, zone: tzinfo) -> datetime | None:
    """A date as the instant of its local midnight in ``zone`` (UTC); a datetime as it is; unset past the calendar."""
    if day is None or isinstance(day, datetime):
        return day
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _total(operation: Callable[[Number, Number], Number]) -> Callable[[Number | None, Number | None], Number | None]:
    def run(left: Number | None, right: Number | None) -> Number | None:
        if left is None or right is None:
            return None
        try:
            result = operation(left, right)
        except ArithmeticError:
            return None
        return result if -NUMBER_LIMIT <= result <= NUMBER_LIMIT else None

    return run


def _exact(whole: Callable[[int, int], int], broken: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., Number]:
    def run(left: Number, right: Number) -> Number:
        if isinstance(left, int) and isinstance(right, int):
            return whole(left, right)
        return broken(Decimal(left), Decimal(right))

    return run


def _floor_divide(left: Decimal, right: Decimal) -> Decimal:
    whole = _EXACT.divide_int(left, right)
    rest = _EXACT.subtract(left, _EXACT.multiply(whole, right))
    return whole - 1 if rest and (rest < 0) != (right < 0) else whole


def _rest(left: Decimal, right: Decimal) -> Decimal:
    return _EXACT.subtract(left, _EXACT.multiply(_floor_divide(left, right), right))


add = _total(_exact(lambda a, b: a + b, _EXACT.add))
subtract = _total(_exact(lambda a, b: a - b, _EXACT.subtract))
multiply = _total(_exact(lambda a, b: a * b, _EXACT.multiply))
divide = _total(lambda a, b: _EXACT.divide(Decimal(a), Decimal(b)))
floor_divide = _total(_exact(lambda a, b: a // b, _floor_divide))
remainder = _total(_exact(lambda a, b: a % b, _rest))


def negative(value: Value) -> Value:
    """Minus a number or a length of time."""
    if not isinstance(value, int | Decimal | timedelta):
        return None
    try:
        return -value
    except OverflowError:
        return None


def duration(count: Number | None, unit: timedelta) -> timedelta | None:
    """``count`` times a unit of time, to the microsecond; unset past about 2.7 million years."""
    if count is None:
        return None
    micro = Decimal(count) * (unit // timedelta(microseconds=1))
    try:
        return timedelta(microseconds=int(micro.to_integral_value(ROUND_FLOOR)))
    except (ArithmeticError, ValueError):
        return None


def shift(start: date | timedelta | None, by: timedelta | None) -> date | timedelta | None:
    """A date, instant or length of time later by ``by``. Instants move by elapsed time, dates by calendar days."""
    if start is None or by is None:
        return None
    try:
        return start + by
    except OverflowError:
        return None


def shift_back(start: date | timedelta | None, by: timedelta | None) -> date | timedelta | None:
    """A date, instant or length of time earlier by ``by``."""
    return shift(start, None if by is None else negative_duration(by))


def to_the_minute(instant: datetime) -> str:
    """An instant (UTC) for the log: 2026-11-22 12:00 UTC. A third of the time that a format takes."""
    return f"{instant.isoformat(' ', 'minutes')[:16]} UTC"


def as_written(length: timedelta) -> str:
    """A length of time of whole seconds in the largest unit of rule files that measures it: 24h, 3d, 90m."""
    seconds = int(length.total_seconds())
    units = (("d", 86_400, 2), ("h", 3_600, 1), ("m", 60, 1))
    fits = (f"{seconds // size}{unit}" for unit, size, least in units if seconds >= least * size and not seconds % size)
    return next(fits, f"{seconds}s")


def negative_duration(by: timedelta) -> timedelta | None:
    """Minus a length of time; unset for the one length that has no opposite."""
    try:
        return -by
    except OverflowError:
        return None


def distance(later: date | None, earlier: date | None) -> timedelta | None:
    """The time from ``earlier`` to ``later``, two dates or two instants."""
    if later is None or earlier is None:
        return None
    return later - earlier


def scale(length: timedelta | None, factor: Number | None) -> timedelta | None:
    """A length of time, ``factor`` times."""
    return None if length is None else duration(factor, length)


def scale_down(length: timedelta | None, divisor: Number | None) -> timedelta | None:
    """A length of time divided by a number."""
    if length is None or divisor is None or not divisor:
        return None
    return duration(divide(length // timedelta(microseconds=1), divisor), timedelta(microseconds=1))


def ratio(length: timedelta | None, other: timedelta | None) -> Number | None:
    """How many times ``other`` goes into ``length``."""
    if length is None or other is None:
        return None
    micro = timedelta(microseconds=1)
    return divide(length // micro, other // micro)


def order(sign: str, left: Value, right: Value) -> bool:
    """`left < right` and the like for values whose types are known only now; false where they have no order."""
    comparable = (int, Decimal), (str,), (datetime,), (date,), (timedelta,)
    kinds = [kind for kind in comparable if isinstance(left, kind) and isinstance(right, kind)]
    return bool(kinds) and not isinstance(left, bool) and _ORDERS[sign](left, right)


_ORDERS: dict[str, Callable[..., bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
