"""Expressions: what they mean."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rules.expressions import FUNCTIONS, ExpressionError, compile_expression
from rules.names import Scope
from rules.patterns import MAX_TEXT
from rules.values import Value, ValueType
from tests.rules.language import NAMES, SCOPE


def value_of(source: str) -> Value:
    return compile_expression(source, NAMES).evaluate(SCOPE)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('participant.payment_status == "paid"', True),
        ('payment_status in ["paid", "promised"]', True),
        ('payment_status not in ("unpaid",)', True),
        ("1 < attempts <= 3", True),
        ("amount_due == 129.9 and attempts * 2 - 1 == 5", True),
        ("0.1 + 0.2", Decimal("0.3")),
        ("7 // 2 + 7 % 2 - -1", 5),
        ("-7.5 // 2", Decimal(-4)),
        ("-7.5 % 2", Decimal("0.5")),
        ("1 / 4", Decimal("0.25")),
        ("not vip or attempts == 3", True),
        ("vip == true", True),
        ('"late" in tags', True),
        ("results.answer > 3", True),
        ('results.answer > "a"', False),
        ('results.answer in ["a", 5]', True),
        ("length(first_name) + length(tags)", 6),
        ('upper(first_name) == "ÄNNA" and lower("ABC") == "abc"', True),
        ("between(attempts, 3, 5)", True),
        ("min(attempts, amount_due, 2)", 2),
        ('max("a", "b")', "b"),
        ('first_name\n  ==\n "Änna"', True),
    ],
)
def test_an_expression_has_the_value_that_it_reads_like(source: str, value: Value) -> None:
    assert value_of(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("today()", date(2027, 3, 27)),
        ("now()", SCOPE.now),
        ("days_until(due_date)", 1),
        ("days_until(seen_at)", 1),
        ("due_date == seen_at", True),
        ("due_date - days(3)", date(2027, 3, 25)),
        ("due_date + 2 * weeks(1)", date(2027, 4, 11)),
        ("due_date + hours(4)", datetime(2027, 3, 28, 3, tzinfo=UTC)),
        ("due_date - date(2027, 3, 1)", timedelta(days=27)),
        ("seen_at - due_date == minutes(0)", True),
        ("now() + days(0.5)", SCOPE.now + timedelta(hours=12)),
        ("hours(3) / minutes(45)", Decimal(4)),
        ("hours(3) / 2", timedelta(minutes=90)),
        ("datetime(2027, 3, 28, 2, 30)", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("max(due_date, now())", datetime(2027, 3, 27, 23, tzinfo=UTC)),
    ],
)
def test_time_is_reckoned_where_the_participant_is(source: str, value: Value) -> None:
    assert value_of(source) == value


def test_a_date_moved_by_hours_is_an_instant_and_by_days_a_date() -> None:
    assert compile_expression("due_date + days(1)", NAMES).type is ValueType.DATE
    assert compile_expression("due_date + days(attempts)", NAMES).type is ValueType.DATE
    assert compile_expression("due_date + days(0.5)", NAMES).type is ValueType.DATETIME


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("never == 3", False),
        ("never != 3", False),
        ("never < 3", False),
        ("never == attempts", False),
        ("never == never", False),
        ("never not in [1]", False),
        ("never + 1", None),
        ("-never", None),
        ("not results.will_pay", True),
        ("results.will_pay", None),
        ("is_set(never)", False),
        ("is_set(attempts)", True),
        ('contains(never_text, "a")', None),
        ("days_until(never_date) <= 3", False),
        ("never_date == seen_at", False),
        ("max(never, 1)", None),
    ],
)
def test_an_unset_value_is_never_equal_and_never_computes(source: str, value: Value) -> None:
    assert value_of(source) is value


@pytest.mark.parametrize(
    "source",
    [
        "attempts / 0",
        "attempts // 0",
        "amount_due % 0",
        "hours(1) / 0",
        "hours(1) / hours(0)",
        "days(999999999999)",
        "due_date + days(9999999)",
        "date(1, 1, 1) - days(1)",
        "datetime(9999, 12, 31, 23) + hours(48)",
        "date(attempts, 13, 1)",
        "1000000000000000000 * 2",
        "-(days(999999999) * -1) + days(999999999)",
    ],
)
def test_what_has_no_sensible_result_is_unset(source: str) -> None:
    assert value_of(source) is None


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('contains(first_name, "äN")', True),
        ('starts_with(first_name, "ä")', True),
        ('ends_with(first_name, "NA")', True),
        (r'matches(first_name, "^\w{4}$")', True),
        (r'matches("code 12345 x", "\b\d{5}\b")', True),
        ('matches("yep", "^(?:yes|yep)[.!]?$")', True),
        ('first_name == "änna"', False),
    ],
)
def test_text_functions_ignore_case_and_equality_does_not(source: str, value: Value) -> None:
    assert value_of(source) is value


def test_the_result_must_be_of_a_wanted_type() -> None:
    assert compile_expression("attempts", NAMES, (ValueType.NUMERIC,)).type is ValueType.INTEGER
    assert compile_expression("email", NAMES, (ValueType.STRING,)).type is ValueType.EMAIL
    with pytest.raises(ExpressionError, match="a yes or no is wanted here, but this is a date"):
        compile_expression("due_date", NAMES, (ValueType.BOOLEAN,))


def test_an_expression_tells_the_values_that_it_saw() -> None:
    expression = compile_expression("days_until(due_date) <= 3 and never > attempts", NAMES)
    assert expression.names == ("due_date", "never", "attempts")
    assert expression.explain(SCOPE) == {"due_date": date(2027, 3, 28), "never": None, "attempts": 3}


def test_values_tell_all_results_of_an_enumeration() -> None:
    assert compile_expression("payment_status", NAMES).values == ("unpaid", "promised", "paid")
    assert compile_expression('"paid"', NAMES).values == ("paid",)


def test_every_function_says_what_it_does() -> None:
    assert all(function.doc and function.usage.startswith(name) for name, function in FUNCTIONS.items())


def test_a_pattern_looks_at_a_bounded_text() -> None:
    scope = Scope({"first_name": "a" * 100_000 + "b"}, SCOPE.now)
    assert compile_expression('matches(first_name, "a*a?a?b")', NAMES).evaluate(scope) is False
    assert MAX_TEXT < 100_000
