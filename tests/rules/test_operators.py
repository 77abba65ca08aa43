"""Every operator of conditions with every type of field: what it gives, or how it is refused."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from rules.expressions import ExpressionError, compile_expression
from rules.functions import NUMBERS, TEXTS, TIMES
from rules.names import NameInfo, Scope
from rules.values import FIELD_TYPES, Value, ValueType
from tests.rules.language import BERLIN

NOW = datetime(2027, 3, 27, 12, tzinfo=UTC)
CHOICES = ("anna", "bert", "carl")
V = ValueType

# of each type three values in order, as they are written and as they are
WRITTEN: dict[ValueType, tuple[str, str, str]] = {
    V.STRING: ('"anna"', '"bert"', '"carl"'),
    V.INTEGER: ("1", "2", "3"),
    V.NUMERIC: ("1.5", "2.5", "3.5"),
    V.BOOLEAN: ("false", "true", "true"),
    V.DATE: ("date(2027, 3, 27)", "date(2027, 3, 28)", "date(2027, 3, 29)"),
    V.DATETIME: ("datetime(2027, 3, 28, 1)", "datetime(2027, 3, 28, 3)", "datetime(2027, 3, 28, 4)"),
    V.ENUMERATION: ('"anna"', '"bert"', '"carl"'),
    V.EMAIL: ('"a@example.com"', '"b@example.com"', '"c@example.com"'),
    V.PHONE: ('"+4930901820"', '"+4930901821"', '"+4930901822"'),
}
VALUES: dict[ValueType, tuple[Value, Value, Value]] = {
    V.STRING: ("anna", "bert", "carl"),
    V.INTEGER: (1, 2, 3),
    V.NUMERIC: (Decimal("1.5"), Decimal("2.5"), Decimal("3.5")),
    V.BOOLEAN: (False, True, True),
    V.DATE: (date(2027, 3, 27), date(2027, 3, 28), date(2027, 3, 29)),
    V.DATETIME: tuple(datetime(2027, 3, 28, hour, tzinfo=UTC) for hour in (0, 1, 2)),  # type: ignore[dict-item]
    V.ENUMERATION: CHOICES,
    V.EMAIL: ("a@example.com", "b@example.com", "c@example.com"),
    V.PHONE: ("+4930901820", "+4930901821", "+4930901822"),
}
ALL = frozenset(FIELD_TYPES)
ORDERED = ALL - {V.BOOLEAN, V.ENUMERATION}
LISTED = ALL - set(TIMES)

# operator -> the types it takes, and what it gives for a lower, the same, a higher value than the one written, and none
OPERATORS: dict[str, tuple[frozenset[ValueType], tuple[Value, Value, Value, Value]]] = {
    "x == {0}": (ALL, (False, True, False, False)),
    "x != {0}": (ALL, (True, False, True, False)),
    "not x == {0}": (ALL, (True, False, True, True)),
    "x < {0}": (ORDERED, (True, False, False, False)),
    "x <= {0}": (ORDERED, (True, True, False, False)),
    "x > {0}": (ORDERED, (False, False, True, False)),
    "x >= {0}": (ORDERED, (False, True, True, False)),
    "{0} <= x < {0}": (ORDERED, (False, False, False, False)),
    "between(x, {0}, {0})": (ORDERED, (False, True, False, None)),
    "x in [{0}]": (LISTED, (False, True, False, False)),
    "x not in [{0}]": (LISTED, (True, False, True, False)),
    "contains(x, {0})": (frozenset(TEXTS), (False, True, False, None)),
    "starts_with(x, {0})": (frozenset(TEXTS), (False, True, False, None)),
    "ends_with(x, {0})": (frozenset(TEXTS), (False, True, False, None)),
    "matches(x, {0})": (frozenset(TEXTS) - {V.PHONE}, (False, True, False, None)),
    "before(x, {0})": (frozenset(TIMES), (True, False, False, None)),
    "after(x, {0})": (frozenset(TIMES), (False, False, True, None)),
    "is_set(x)": (ALL, (True, True, True, False)),
    "is_not_set(x)": (ALL, (False, False, False, True)),
}


def names(type_: ValueType, other: ValueType = V.STRING) -> dict[str, NameInfo]:
    return {
        name: NameInfo(kind, CHOICES if kind is V.ENUMERATION else ()) for name, kind in (("x", type_), ("y", other))
    }


def pairs(allowed: bool) -> list[Any]:
    return list(_pairs(allowed))


def _pairs(allowed: bool) -> Iterator[Any]:
    for operator, (types, results) in OPERATORS.items():
        for type_ in FIELD_TYPES:
            skipped = operator.startswith("matches") and type_ is V.PHONE  # a number with + is no pattern
            if (type_ in types) is allowed and not skipped:
                yield pytest.param(operator, type_, results, id=f"{operator} {type_}")


@pytest.mark.parametrize(("operator", "type_", "results"), pairs(allowed=True))
def test_an_operator_gives_what_it_reads_like(operator: str, type_: ValueType, results: tuple[Value, ...]) -> None:
    expression = compile_expression(operator.format(WRITTEN[type_][1]), names(type_))
    given = (*VALUES[type_], None)

    found = [expression.evaluate(Scope({"x": value}, NOW, BERLIN)) for value in given]

    if type_ is V.BOOLEAN:  # of yes and no there are only two
        found, results = [found[0], found[1], found[3]], (results[0], results[1], results[3])
    assert found == list(results)


@pytest.mark.parametrize(("operator", "type_", "results"), pairs(allowed=False))
def test_an_operator_that_means_nothing_for_a_type_is_refused_at_load_time(
    operator: str, type_: ValueType, results: tuple[Value, ...]
) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(operator.format(WRITTEN[type_][1]), names(type_))


def family(type_: ValueType) -> ValueType:
    return next((kinds[0] for kinds in (TEXTS, NUMBERS, TIMES) if type_ in kinds), type_)


MIXED = [(one, other) for one in FIELD_TYPES for other in FIELD_TYPES if family(one) is not family(other)]


@pytest.mark.parametrize(("one", "other"), MIXED)
@pytest.mark.parametrize("operator", ["x == {0}", "x != {0}", "x < {0}", "x >= {0}", "{0} == x"])
def test_values_of_two_kinds_are_never_compared_and_the_refusal_says_what_to_write(
    operator: str, one: ValueType, other: ValueType
) -> None:
    for right in (WRITTEN[other][0], "y"):
        with pytest.raises(ExpressionError) as caught:
            compile_expression(operator.format(right), names(one, other))
        assert "cannot be compared with" in caught.value.message
        assert caught.value.hint


@pytest.mark.parametrize(
    "function", ["between(x, {0}, {0})", "min(x, {0})", "max({0}, x)", "before(x, {0})", "after({0}, x)"]
)
@pytest.mark.parametrize(("one", "other"), MIXED)
def test_neither_are_they_by_a_function(function: str, one: ValueType, other: ValueType) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(function.format(WRITTEN[other][0]), names(one, other))


@pytest.mark.parametrize(
    ("source", "type_", "message", "hint"),
    [
        ("x > 3", V.DATE, "a date cannot be compared with a whole number", "days_until(x) is a number of days"),
        ("3 > x", V.DATETIME, "a whole number cannot be compared with a date with a time", "days_until(x)"),
        ('x == "2027-03-31"', V.DATE, "a date cannot be compared with a text", "dates as date(2027, 3, 31)"),
        ("x == 5", V.STRING, "a text cannot be compared with a whole number", 'put quotes around it: "5"'),
        ("x == 4930901820", V.PHONE, "a phone number cannot be compared", 'put quotes around it: "4930901820"'),
        ('x == "5"', V.INTEGER, "a whole number cannot be compared with a text", "numbers without quotes"),
        ('x == "yes"', V.BOOLEAN, "a yes or no cannot be compared with a text", '"x", or "not x"'),
        ("x == 1", V.BOOLEAN, "a yes or no cannot be compared with a whole number", '"x", or "not x"'),
        ('x == "berta"', V.ENUMERATION, '"x" is never "berta"', 'did you mean "bert"?'),
        ('"Bert" == x', V.ENUMERATION, '"x" is never "Bert"', 'did you mean "bert"?'),
        ('x in ["anna", "dora"]', V.ENUMERATION, '"x" is never "dora"', "allowed: anna, bert, carl"),
        ('x == ["anna"]', V.ENUMERATION, "one of a list of values cannot be compared with a list", 'ask with "in"'),
        ("x in 5", V.INTEGER, '"in" needs a list on its right', 'write it as ["a", "b"]'),
        ('x < "anna"', V.ENUMERATION, '"<" needs an order, but this is one of a list of values', 'use "=="'),
        ("x == y", V.DATE, "a date cannot be compared with a text", "compare x with a date or a moment"),
        ("x - today() > 3", V.DATE, "a length of time cannot be compared with a whole number", "such as days(3)"),
        ("days(3) > x", V.INTEGER, "a length of time cannot be compared with a whole number", "such as days(3)"),
        ('x == "A@Example.com"', V.EMAIL, '"x" is never "A@Example.com"', 'small letters: "a@example.com"'),
        ('x == "030 901820"', V.PHONE, '"x" is never "030 901820"', '"+4915112345678"'),
        ("x in [1, 2]", V.STRING, "a text cannot be compared with a whole number", 'put quotes around it: "1"'),
        (
            'before(x, "2027-03-31")',
            V.DATE,
            '"other" of before(one, other) must be a date',
            "dates as date(2027, 3, 31)",
        ),
        ("contains(x, 5)", V.STRING, '"part" of contains(text, part) must be a text', 'put quotes around it: "5"'),
        ("matches(x, y)", V.STRING, 'the pattern of "matches" must be written out in quotes', ""),
        ("hour(x)", V.DATE, '"moment" of hour(moment) must be a date with a time', ""),
    ],
)
def test_a_wrong_combination_is_told_with_what_to_write(source: str, type_: ValueType, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, names(type_))
    assert message in caught.value.message
    assert hint in caught.value.hint
