"""What is handed over in a call, and how its answer is read: whatever a service answers, nothing breaks."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as holds_for
from hypothesis import strategies as st

from rules.agents.replies import MAX_CHOICE, MAX_OFFERED, MAX_SAID, read_reply
from rules.book import Field
from rules.calling import MAX_OUTCOME, MAX_REASON, CallFailed, Outcome, json_values, read_outcome
from rules.names import Scope
from rules.templates import MAX_RENDERED
from rules.values import Position, ValueType
from tests.rules.scenes import NOW, answered

HERE = Position("a.yaml", 1, 1)
FIELDS = {
    kind.value: Field(name=kind.value, type=kind, values=("good", "bad"), position=HERE)
    for kind in tuple(ValueType)[:9]
}
SCOPE = Scope({}, NOW)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["good", "2027-01-01", "1"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(list(FIELDS)), inner),
    max_leaves=4,
)
KEYS = st.sampled_from(["fields", "outcome", "text", "choices", "results", "end"]) | st.text()
ANSWERS = st.dictionaries(KEYS, JSON | st.dictionaries(st.sampled_from(list(FIELDS)), JSON))


@holds_for(ANSWERS)
def test_whatever_a_call_answers_it_is_used_or_refused_with_a_short_reason(answer: dict[str, Any]) -> None:
    outcome, reason = Outcome(), "none"
    try:
        outcome = read_outcome(answered(answer), FIELDS, "DE")
    except CallFailed as problem:
        reason = str(problem)

    assert 0 < len(reason) <= MAX_REASON
    assert reason.isprintable()
    assert set(outcome.fields) <= set(FIELDS)
    assert len(outcome.word) <= MAX_OUTCOME
    json.dumps(json_values(outcome.fields))


@holds_for(ANSWERS)
def test_whatever_a_service_says_in_a_talk_fits_into_messages(answer: dict[str, Any]) -> None:
    reply = read_reply(answer, FIELDS, SCOPE)

    assert len(reply.says) <= MAX_SAID
    assert set(reply.results) <= set(FIELDS)
    for said in reply.says:
        assert 0 < len(said.text) <= MAX_RENDERED
        assert len(said.choices) <= MAX_OFFERED
        assert all(0 < len(choice) <= MAX_CHOICE for choice in said.choices)
        f"{said.text}{said.choices}".encode()
    json.dumps(json_values(reply.results))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"fields": {"integer": "many"}}, 'integer: "many" is not a whole number; write it in digits, such as 12'),
        ({"fields": {"other": 1}}, '"other" is not in "sets"'),
        (
            {"fields": {"other": 1, "date": 7}},
            '"other" is not in "sets"; date: "7" is not a date; write',
        ),
        ({"fields": [1]}, '"fields" must be an object: names of fields with their values'),
        ({"fields": {"string": ["a"]}}, "string: one value is wanted, but this is a list or an object"),
        ({"fields": {"numeric": 10**5000}}, f"numeric: the number is too large; numbers may be at most {10**18}"),
        ({"fields": {"numeric": float("nan")}}, 'numeric: "nan" is not a number'),
        ({"outcome": 1}, '"outcome" must be a text, but it is "1"'),
        ({"outcome": {}}, '"outcome" must be a text, but it is no single value'),
        ({"outcome": "x" * 61}, '"outcome" has 61 characters; at most 60 are possible'),
        ({f"{'fields'}": {f"f{n}": n for n in range(900)}}, '"f4" is not in "sets"'),
        (None, "no answer"),
    ],
)
def test_an_answer_of_which_anything_does_not_fit_is_refused_with_its_fault(answer: Any, reason: str) -> None:
    with pytest.raises(CallFailed) as refused:
        read_outcome(answered(answer), FIELDS)

    assert reason in str(refused.value)


def test_a_reason_is_cut_and_has_no_control_characters() -> None:
    with pytest.raises(CallFailed) as refused:
        read_outcome(answered(None, error="\x1b[31m" + "x" * 1000), FIELDS)

    assert str(refused.value) == "[31m" + "x" * (MAX_REASON - 7) + "..."


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("numeric", 12.5, Decimal("12.5")),
        ("numeric", "12.50", Decimal("12.50")),
        ("numeric", 0.1 + 0.2, Decimal("0.3")),
        ("integer", 3.0, 3),
        ("boolean", True, True),
        ("date", "2027-03-31", date(2027, 3, 31)),
        ("datetime", "2027-03-31T14:05Z", datetime(2027, 3, 31, 14, 5, tzinfo=UTC)),
        ("enumeration", "GOOD", "good"),
        ("phone", "030 901820", "+4930901820"),
        ("string", None, None),
    ],
)
def test_a_value_becomes_the_type_of_its_field(name: str, raw: object, value: object) -> None:
    assert read_outcome(answered({"fields": {name: raw}}), FIELDS, "DE").fields == {name: value}


@pytest.mark.parametrize("answer", [{}, {"fields": None, "outcome": None}, {"fields": {}, "outcome": " "}, {"id": [1]}])
def test_an_answer_may_say_nothing_and_more_than_is_asked_for(answer: dict[str, Any]) -> None:
    outcome = read_outcome(answered(answer), FIELDS)

    assert (outcome.fields, outcome.word) == ({}, "")


@pytest.mark.parametrize(
    ("answer", "texts", "note"),
    [
        ({"text": "x" * 1601}, ["x" * 1597 + "..."], '"text" has 1601 characters; it was cut to 1600'),
        ({"text": "a\x00\x1bb\u202c\ud800"}, ["ab\u202c"], ""),
        ({"text": "  \n "}, [], ""),
        ({"text": ["a"] * 11}, ["a"] * 10, '"text" has 11 entries; the first 10 were said'),
        ({"text": {"a": 1}}, [], '"text" must be a text or a list of texts'),
        ({"choices": ["Yes"]}, [], '"choices" without a "text" were left out'),
        ({"text": "a", "choices": "Yes"}, ["a"], '"choices" must be a list of texts'),
        ({"text": "a", "choices": ["x" * 76]}, ["a"], 'an entry of "choices" is no text of 1 to 75 characters'),
        (
            {"text": "a", "choices": [f"{n}" for n in range(26)]},
            ["a"],
            '"choices" has 26 entries; the first 25 were offered',
        ),
        ({"results": "good"}, [], '"results" must be an object: names of results with their values'),
        ({"end": 1}, [], '"end" must be true or false'),
    ],
)
def test_what_cannot_be_said_is_left_out_and_noted(answer: dict[str, Any], texts: list[str], note: str) -> None:
    reply = read_reply(answer, FIELDS, SCOPE)

    assert [said.text for said in reply.says] == texts
    assert reply.note == note
    assert not reply.end


def test_many_faults_are_counted_rather_than_listed() -> None:
    reply = read_reply({"results": {f"r{number}": number for number in range(100)}}, FIELDS, SCOPE)

    assert reply.note.endswith('there is no result "r4"; and 95 more')


@pytest.mark.parametrize("given", [None, "", "  "])
def test_an_answer_never_clears_a_required_field(given: str | None) -> None:
    needed = {"name": Field(name="name", type=ValueType.STRING, required=True, position=HERE)}
    with pytest.raises(CallFailed, match="name: it is required, and the answer would clear it"):
        read_outcome(answered({"fields": {"name": given}}), needed)
