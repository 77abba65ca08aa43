"""Where an expression is Python, too, both give the same: texts, lists, numbers, dates, lengths of time, functions."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expressions import compile_expression
from rules.names import NameInfo, Scope
from rules.operations import PRECISION
from rules.values import Value, ValueType

NOW = datetime(2027, 3, 27, 12, tzinfo=UTC)
TYPES = {
    **dict.fromkeys(("first", "other"), ValueType.STRING),
    **dict.fromkeys(("price", "fee"), ValueType.NUMERIC),
    **dict.fromkeys(("day", "due"), ValueType.DATE),
    **dict.fromkeys(("seen", "sent"), ValueType.DATETIME),
    **dict.fromkeys(("count", "tries"), ValueType.INTEGER),
    "vip": ValueType.BOOLEAN,
}
NAMES = {name: NameInfo(type_) for name, type_ in TYPES.items()}
PYTHON: dict[str, Callable[..., object]] = {
    "contains": lambda text, part: part.casefold() in text.casefold(),
    "starts_with": lambda text, part: text.casefold().startswith(part.casefold()),
    "ends_with": lambda text, part: text.casefold().endswith(part.casefold()),
    "lower": str.lower,
    "upper": str.upper,
    "length": len,
    "between": lambda value, low, high: low <= value <= high,
    "before": lambda one, two: one < two,
    "after": lambda one, two: one > two,
    "is_set": lambda _: True,
    "is_not_set": lambda _: False,
    "min": min,
    "max": max,
    "date": date,
    "weekday": date.isoweekday,
    "hour": lambda moment: moment.hour,
    "minutes": lambda count: timedelta(minutes=count),
    "hours": lambda count: timedelta(hours=count),
    "days": lambda count: timedelta(days=count),
    "weeks": lambda count: timedelta(weeks=count),
    "now": lambda: NOW,
    "today": lambda: NOW.date(),
    "days_until": lambda day: ((day.date() if isinstance(day, datetime) else day) - NOW.date()).days,
}
WORDS = ["", "a", "A", "ab", "Änna", "ß", "SS", "anna", "x y", "İ"]
SIGNS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def joined(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The parts one after the other."""
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


def one_of(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words)


QUOTED = st.sampled_from([f'"{word}"' for word in WORDS])
LISTS = st.lists(QUOTED, max_size=3).map(lambda words: f"[{', '.join(words)}]")
TEXTS = st.recursive(
    QUOTED | one_of("first", "other"),
    lambda text: joined(one_of("lower(", "upper("), text, ")") | joined(one_of("min(", "max("), text, ", ", text, ")"),
    max_leaves=3,
)
WHOLE = st.recursive(
    one_of("count", "tries", "0", "1", "3") | joined("length(", TEXTS, ")"),
    lambda number: joined("(", number, one_of(" + ", " - ", " * "), number, ")") | joined("(-", number, ")"),
    max_leaves=4,
)
PRICES = st.recursive(
    one_of("price", "fee", "0.1", "129.90", "2"),
    lambda number: joined("(", number, one_of(" + ", " - ", " * "), number, ")") | joined("(-", number, ")"),
    max_leaves=4,
)
LENGTHS = st.recursive(
    joined(one_of("minutes(", "hours(", "days(", "weeks("), one_of("count", "1", "2"), ")"),
    lambda length: joined("(", length, one_of(" + ", " - "), length, ")") | joined("(", length, " * 2)"),
    max_leaves=3,
)
WHOLE_DAYS = joined(one_of("days(", "weeks("), one_of("count", "tries", "1", "30"), ")")
DAYS = st.recursive(
    one_of("day", "due", "today()", "date(2024, 2, 29)"),
    lambda day: joined("(", day, one_of(" + ", " - "), WHOLE_DAYS, ")") | joined("max(", day, ", ", day, ")"),
    max_leaves=3,
)
MOMENTS = st.recursive(
    one_of("seen", "sent", "now()"),
    lambda moment: joined("(", moment, one_of(" + ", " - "), LENGTHS, ")") | joined("min(", moment, ", ", moment, ")"),
    max_leaves=3,
)
KINDS = [TEXTS, WHOLE, PRICES, DAYS, MOMENTS, LENGTHS]


def compared(kind: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    sign = SIGNS.map(lambda written: f" {written} ")
    return joined("(", kind, sign, kind, ")") | joined("(", kind, sign, kind, sign, kind, ")")


FACTS = st.one_of(
    *(compared(kind) for kind in KINDS),
    *(joined("between(", kind, ", ", kind, ", ", kind, ")") for kind in (TEXTS, WHOLE, DAYS, MOMENTS)),
    *(joined(one_of("before(", "after("), kind, ", ", kind, ")") for kind in (DAYS, MOMENTS)),
    joined("(", TEXTS, one_of(" in ", " not in "), LISTS, ")"),
    joined(one_of("contains(", "starts_with(", "ends_with("), TEXTS, ", ", TEXTS, ")"),
    joined("(", WHOLE, one_of(" in ", " not in "), "[0, 1, 2])"),
    joined("(weekday(", DAYS, ") < 6)"),
    joined("(hour(", MOMENTS, ") > 12)"),
    joined("(days_until(", DAYS | MOMENTS, ") <= count)"),
    joined("((", DAYS, " - ", DAYS, ") > ", LENGTHS, ")"),
    joined("((", MOMENTS, " - ", MOMENTS, ") > ", LENGTHS, ")"),
    one_of("vip", "is_set(first)", "is_not_set(day)", "true", "false"),
)
CONDITIONS = st.recursive(
    FACTS,
    lambda one: joined("(", one, one_of(" and ", " or ", " == ", " != "), one, ")") | joined("(not ", one, ")"),
    max_leaves=4,
)
SOURCES = st.one_of(*KINDS, CONDITIONS).filter(lambda source: len(source) <= 500)
VALUES = st.fixed_dictionaries(
    {
        **dict.fromkeys(("first", "other"), st.sampled_from(WORDS)),
        **dict.fromkeys(("price", "fee"), st.decimals(-1000, 1000, places=2)),
        **dict.fromkeys(("day", "due"), st.dates(date(2020, 1, 1), date(2030, 1, 1))),
        **dict.fromkeys(
            ("seen", "sent"), st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
        ),
        **dict.fromkeys(("count", "tries"), st.integers(-50, 50)),
        "vip": st.booleans(),
    }
)


def python(source: str, values: dict[str, Any]) -> object:
    """What Python makes of it; decimals are decimals there, too."""
    exact = source.replace("129.90", 'Decimal("129.90")').replace("0.1", 'Decimal("0.1")')
    space = {**PYTHON, **values, "Decimal": Decimal, "true": True, "false": False, "__builtins__": {}}
    with localcontext(prec=PRECISION):
        return eval(exact, space)  # noqa: S307 - made of the parts above


@settings(max_examples=400, deadline=None)
@given(SOURCES, VALUES)
def test_an_expression_gives_what_python_gives(source: str, values: dict[str, Value]) -> None:
    assert compile_expression(source, NAMES).evaluate(Scope(values, NOW)) == python(source, dict(values))


@settings(max_examples=200, deadline=None)
@given(FACTS, st.sets(st.sampled_from(sorted(NAMES)), min_size=1), VALUES)
def test_a_condition_on_something_unset_never_holds_and_never_fails(
    source: str, unset: set[str], values: dict[str, Value]
) -> None:
    expression = compile_expression(source, NAMES)
    left = {name: value for name, value in values.items() if name not in unset}

    found = expression.evaluate(Scope(left, NOW))

    if unset.isdisjoint(expression.names):
        assert found == python(source, dict(values))
    elif source != "is_not_set(day)":
        assert found in (False, None)
