"""What is said of a condition holds whatever the values are."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expressions import compile_expression
from rules.grammar import Source
from rules.lint.truth import Effort, judge
from rules.names import NameInfo, Scope
from rules.values import Value, ValueType

NAMES = {
    "stage": NameInfo(ValueType.ENUMERATION, ("new", "asked", "done")),
    "member": NameInfo(ValueType.BOOLEAN),
    "visits": NameInfo(ValueType.INTEGER),
    "amount": NameInfo(ValueType.NUMERIC),
    "name": NameInfo(ValueType.STRING),
    "due": NameInfo(ValueType.DATE),
}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ATOMS = st.one_of(
    st.builds("stage {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from(["new", "asked", "done"])),
    st.builds("visits {} {}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.integers(0, 3)),
    st.builds("amount {} {}".format, st.sampled_from(["==", "<", ">"]), st.sampled_from(["0.5", "1", "-2"])),
    st.builds("{} < visits <= {}".format, st.integers(-1, 2), st.integers(0, 3)),
    st.builds("name {} ['a', 'b']".format, st.sampled_from(["in", "not in"])),
    st.sampled_from(["member", "is_set(due)", "is_not_set(name)", "due > today()", "contains(name, 'a')", "true"]),
    st.builds(
        "between({}, {}, {})".format, st.sampled_from(["visits", "amount"]), st.integers(0, 3), st.integers(0, 3)
    ),
    st.builds("between(due, date(2026, 11, {}), date(2026, 11, {}))".format, st.integers(1, 9), st.integers(1, 9)),
    st.builds("hour(now()) {} {}".format, st.sampled_from(["==", "<", ">="]), st.sampled_from([0, 12, 23, 24])),
    st.builds(
        "weekday({}) {} {}".format, st.sampled_from(["due", "today()"]), st.sampled_from(["==", "<"]), st.integers(0, 8)
    ),
    st.sampled_from(["is_set(between(visits, 1, 2))", "is_set(weekday(due))", "is_not_set(hour(now()))"]),
    st.sampled_from(["visits > amount", "visits + 1 > 2", "name == 'a'", "1 > 2", "stage in ['new', 'done']"]),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=5,
)
VALUES = st.fixed_dictionaries(
    {
        "stage": st.sampled_from([None, "new", "asked", "done"]),
        "member": st.sampled_from([None, True, False]),
        "visits": st.none() | st.integers(-3, 5),
        "amount": st.none() | st.decimals(-3, 3, places=1),
        "name": st.sampled_from([None, "a", "b", "c", ""]),
        "due": st.none() | st.dates(),
    }
)


@settings(max_examples=400, deadline=None)
@given(CONDITIONS, st.lists(VALUES, min_size=1, max_size=6))
def test_what_is_never_true_is_not_true_and_what_always_is_is(source: str, moments: list[dict[str, Value]]) -> None:
    verdict = judge(Source(source).tree, NAMES, {}, Effort())
    expression = compile_expression(source, NAMES)

    results = {expression.evaluate(Scope(values, NOW)) is True for values in moments}

    assert not (verdict.never and True in results)
    assert not (verdict.always and False in results)


def test_nothing_is_claimed_once_the_effort_is_spent() -> None:
    tree = Source("member and not member").tree

    assert judge(tree, NAMES, {}, Effort()).never
    assert not judge(tree, NAMES, {}, Effort(left=105)).never
