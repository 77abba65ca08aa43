"""The examples of docs/reference/expressions.md give what they say."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from rules.expressions import ExpressionError, compile_expression
from rules.functions import FUNCTIONS
from rules.names import NameInfo, Scope
from rules.values import Value, ValueType
from tests.reference.pages import DOCS
from tests.reference.shapes import TYPES

PAGE = (DOCS / "reference" / "expressions.md").read_text("utf-8")
EXAMPLES = re.findall(r"^\| `(.*)` \| `?(.*?)`? \|$", PAGE.partition("| written | gives |")[2], re.MULTILINE)
VALUES: dict[str, tuple[ValueType, Value]] = {
    "first_name": (ValueType.STRING, "Ada"),
    "due_date": (ValueType.DATE, date(2027, 3, 4)),
    "visits": (ValueType.INTEGER, 3),
    "paid_on": (ValueType.DATE, None),
}
NOW = datetime(2027, 3, 1, 13, 5, tzinfo=UTC)
SCOPE = Scope({name: value for name, (_, value) in VALUES.items()}, NOW, ZoneInfo("Europe/Berlin"))


def value_of(source: str) -> Value:
    return compile_expression(source, {name: NameInfo(type_) for name, (type_, _) in VALUES.items()}).evaluate(SCOPE)


@pytest.mark.parametrize(("written", "gives"), EXAMPLES)
def test_the_example_of_an_expression_gives_what_it_says(written: str, gives: str) -> None:
    assert value_of(written) == (None if gives == "unset" else value_of(gives))


def test_every_function_has_an_example() -> None:
    assert {name for written, _ in EXAMPLES for name in re.findall(r"(\w+)\(", written)} == set(FUNCTIONS)


ROWS = [
    [cell.strip() for cell in row.split("|")[1:-1]]
    for row in PAGE.partition("What can be compared")[2].strip().split("\n\n")[1].splitlines()
]
OPERATORS = {
    "==": "x == y",
    "!=": "x != y",
    "<": "x < y",
    "<=": "x <= y",
    ">": "x > y",
    ">=": "x >= y",
    "between": "between(x, y, y)",
    "in": "x in [{constant}]",
    "not in": "x not in [{constant}]",
    **{name: f'{name}(x, "a")' for name in ("contains", "starts_with", "ends_with", "matches")},
    **{name: f"{name}(x, y)" for name in ("before", "after")},
}
CONSTANTS = {
    "email": '"ada@example.com"',
    "phone": '"+4915112345678"',
    "integer": "1",
    "numeric": "1.5",
    "boolean": "true",
    "date": "date(2027, 3, 1)",
    "datetime": "now()",
}
COMPARED = [
    (type_, operator, bool(cell))
    for types, *cells in ROWS[2:]
    for heading, cell in zip(ROWS[0][1:], cells, strict=True)
    for type_ in re.findall(r"`(\w+)`", types)
    for operator in re.findall(r"`([^`]+)`", heading)
]


@pytest.mark.parametrize(("type_", "operator", "possible"), COMPARED)
def test_values_can_be_compared_as_the_table_says(type_: str, operator: str, possible: bool) -> None:
    known = NameInfo(ValueType(type_), ("a",) if type_ == "enumeration" else ())
    source = OPERATORS[operator].format(constant=CONSTANTS.get(type_, '"a"'))
    try:
        compile_expression(source, {"x": known, "y": known})
    except ExpressionError:
        assert not possible
    else:
        assert possible


def test_the_table_has_every_type_of_field() -> None:
    assert {type_ for type_, _, _ in COMPARED} == set(TYPES)
