"""An expression taken apart says what each of its parts was worth, and changes nothing."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expressions import compile_expression
from rules.names import Scope
from rules.parts import parts
from rules.values import Value
from tests.rules.language import NAMES, SCOPE
from tests.rules.test_expression_properties import CONDITIONS, WHOLE

TAKEN_APART: list[tuple[str, list[tuple[str, int, Value]]]] = [
    ("vip", [("vip", 0, True)]),
    ("not\n  vip", [("not vip", 0, False), ("vip", 1, True)]),
    ("true", [("true", 0, True)]),
    (
        'attempts > 2 and (first_name != "Bo" or never == 1)',
        [
            ('attempts > 2 and (first_name != "Bo" or never == 1)', 0, True),
            ("attempts > 2", 1, True),
            ("attempts", 2, 3),
            ('first_name != "Bo" or never == 1', 1, True),
            ('first_name != "Bo"', 2, True),
            ("first_name", 3, "Änna"),
            ("never == 1", 2, False),
            ("never", 3, None),
        ],
    ),
    ("is_set(never)", [("is_set(never)", 0, False), ("never", 1, None)]),
    ("1 < attempts < 3", [("1 < attempts < 3", 0, False), ("attempts", 1, 3)]),
    ("due_date - days(3)", [("due_date - days(3)", 0, date(2027, 3, 25)), ("due_date", 1, date(2027, 3, 28))]),
    (
        "today() < due_date",
        [("today() < due_date", 0, True), ("today()", 1, date(2027, 3, 27)), ("due_date", 1, date(2027, 3, 28))],
    ),
    ('matches(first_name, "\\d")', [('matches(first_name, "\\d")', 0, False), ("first_name", 1, "Änna")]),
    ("attempts in [1, -2]", [("attempts in [1, -2]", 0, False), ("attempts", 1, 3)]),
    ("results.will_pay", [("results.will_pay", 0, None)]),
]


@pytest.mark.parametrize(("source", "told"), TAKEN_APART, ids=[source for source, _ in TAKEN_APART])
def test_each_part_is_told_in_reading_order_with_its_value(source: str, told: list[tuple[str, int, Value]]) -> None:
    assert [tuple(part) for part in parts(compile_expression(source, NAMES), SCOPE)] == told


@settings(max_examples=100, deadline=None)
@given(CONDITIONS, st.integers(-50, 50), st.integers(-50, 50), st.booleans())
def test_every_part_is_worth_what_it_is_worth_alone(source: str, attempts: int, other: int, vip: bool) -> None:
    scope = Scope({"attempts": attempts, "other": other, "vip": vip}, SCOPE.now)
    whole = compile_expression(source, WHOLE)
    first, *inside = parts(whole, scope)

    assert first.value == whole.evaluate(scope)
    assert [part.value for part in inside] == [compile_expression(p.source, WHOLE).evaluate(scope) for p in inside]


def test_the_same_text_over_fields_of_other_types_is_another_expression() -> None:
    as_text = compile_expression("a == b", {"a": NAMES["first_name"], "b": NAMES["email"]})
    as_number = compile_expression("a == b", {"a": NAMES["amount_due"], "b": NAMES["attempts"]})

    assert parts(as_text, Scope({"a": "x", "b": "x"}, SCOPE.now))[0].value is True
    assert parts(as_number, Scope({"a": 1, "b": 2}, SCOPE.now))[0].value is False
