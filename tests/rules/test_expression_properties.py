"""Expressions under free input: equal to Python on its subset, never anything but a refusal, never a failure."""

from datetime import UTC

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expressions import ExpressionError, compile_expression
from rules.names import NameInfo, Scope
from rules.values import Value, ValueType
from tests.rules.language import BERLIN, NAMES, SCOPE

INTEGERS = st.sampled_from(["attempts", "other", "0", "1", "2", "7", "100"])
VIPS = st.sampled_from(["vip", "(not vip)", "True", "False"])


def _sums(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner).map(lambda t: f"({' '.join(t)})")


def _conditions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(inner, st.sampled_from(["and", "or", "==", "!="]), inner).map(lambda t: f"({' '.join(t)})")


SUMS = st.recursive(INTEGERS, _sums, max_leaves=6)
SIGNS = st.sampled_from(["<", "<=", "==", "!=", ">", ">="])
COMPARISONS = st.tuples(SUMS, SIGNS, SUMS, SIGNS, SUMS).map(lambda t: f"({' '.join(t)})")
CONDITIONS = st.recursive(COMPARISONS | VIPS, _conditions, max_leaves=4).filter(lambda source: len(source) <= 500)
WHOLE = {
    "attempts": NameInfo(ValueType.INTEGER),
    "other": NameInfo(ValueType.INTEGER),
    "vip": NameInfo(ValueType.BOOLEAN),
}


@settings(max_examples=150, deadline=None)
@given(CONDITIONS, st.integers(-50, 50), st.integers(-50, 50), st.booleans())
def test_conditions_agree_with_python(source: str, attempts: int, other: int, vip: bool) -> None:
    values = {"attempts": attempts, "other": other, "vip": vip}
    try:
        expected = eval(source, {"__builtins__": {}}, dict(values))  # noqa: S307
    except ZeroDivisionError:
        return
    assert compile_expression(source, WHOLE).evaluate(Scope(values, SCOPE.now)) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="()[]{}'\"\\.,=<>!&|+-*/% \n\t#abfr019_é", max_size=60))
def test_any_text_compiles_or_is_refused(source: str) -> None:
    offset = 0
    try:
        compile_expression(source, NAMES)
    except ExpressionError as error:
        offset = error.offset
    assert 0 <= offset <= len(source)


ANY_VALUE = st.one_of(
    st.none(),
    st.integers(),
    st.decimals(),
    st.booleans(),
    st.text(max_size=5),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from([UTC, BERLIN])),
    st.timedeltas(),
    st.tuples(st.integers()),
)
WORDY = [
    "attempts / amount_due > 3 or amount_due // attempts < 2",
    "due_date == seen_at or days_until(seen_at) > 1",
    "due_date + hours(attempts) < seen_at",
    "seen_at - due_date",
    "due_date - days(amount_due)",
    "-amount_due * attempts % 3",
    'contains(first_name, email) or matches(email, "a+")',
    "results.answer < attempts or results.answer in tags",
    "between(due_date, seen_at, now())",
    "max(attempts, amount_due) / min(attempts, amount_due)",
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(WORDY), st.fixed_dictionaries(dict.fromkeys(NAMES, ANY_VALUE)))
def test_no_value_makes_evaluating_fail(source: str, values: dict[str, Value]) -> None:
    compile_expression(source, NAMES).evaluate(Scope(values, SCOPE.now, BERLIN))
