"""Rows: every value by its type, every problem of a row at once."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.intake import MAX_SHOWN, Given, read_row
from tests.gateway.books import BOOK

WHO = {"external_id": "4711"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def problems(identifiers: dict[str, Any], fields: dict[str, Any]) -> list[tuple[str, str]]:
    read = read_row(BOOK, 7, identifiers, fields)
    assert isinstance(read, tuple)
    assert {problem.row for problem in read} == {7}
    return [(problem.field, problem.reason) for problem in read]


def test_a_good_row_has_typed_values_and_normalised_identifiers() -> None:
    read = read_row(
        BOOK, 2, {"phone": "0151 12345601", "slack": None}, {"amount_due": "129.90", "due_date": "2026-11-24"}
    )

    assert read == Given(
        2,
        {"phone": "+4915112345601"},
        {"amount_due": Decimal("129.90"), "due_date": date(2026, 11, 24)},
    )


def test_what_a_new_participant_would_lack_is_named() -> None:
    read = read_row(BOOK, 2, WHO, {"first_name": "Ada"})

    assert isinstance(read, Given)
    assert read.missing == ("amount_due",)  # payment_status is required too, but has a default


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_nothing_clears_a_field_but_never_a_required_one(nothing: str | None) -> None:
    read = read_row(BOOK, 2, WHO, {"due_date": nothing, "amount_due": 1})

    assert isinstance(read, Given)
    assert read.fields["due_date"] is None
    assert problems(WHO, {"amount_due": nothing}) == [("amount_due", "is required and can't be cleared")]


@pytest.mark.parametrize(
    ("identifiers", "fields", "field", "reason"),
    [
        ({}, {}, "", "needs at least one of external_id, phone, email, slack"),
        ({"phone": ""}, {}, "", "needs at least one of"),
        ({"phnoe": "1"}, {}, "phnoe", 'did you mean "phone"?'),
        (WHO, {"amount_deu": "1"}, "amount_deu", 'has no such field; did you mean "amount_due"?'),
        (WHO, {"first_name": "a\0b"}, "first_name", "characters that are not text"),
        (WHO, {"first_name": "a\ud800b"}, "first_name", "characters that are not text"),
        ({"external_id": "a\ud800b"}, {}, "external_id", "characters that are not text"),
    ],
)
def test_a_bad_value_is_named_with_its_field(
    identifiers: dict[str, Any], fields: dict[str, Any], field: str, reason: str
) -> None:
    ((where, why),) = problems(identifiers, fields)

    assert where == field
    assert reason in why


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount_due": "a lot"}, "amount_due"),
        ({"due_date": "2026-13-01"}, "due_date"),
        ({"payment_status": "promised"}, "payment_status"),
        ({"reminded": "perhaps"}, "reminded"),
        ({"first_name": ["Ada"]}, "first_name"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_problem(fields: dict[str, Any], field: str) -> None:
    assert [where for where, _ in problems(WHO, fields)] == [field]


def test_all_problems_of_a_row_are_told_at_once() -> None:
    found = problems({"phone": "abc", "slack": "no user"}, {"amount_due": "x", "nobody": 1})

    assert [where for where, _ in found] == ["phone", "slack", "amount_due", "nobody"]


@given(
    st.dictionaries(st.sampled_from(["external_id", "phone", "email", "slack", "other"]), JSON),
    st.dictionaries(st.sampled_from([*BOOK.fields, "other"]), JSON),
)
def test_any_input_is_a_row_or_problems_that_can_be_stored(identifiers: dict[str, Any], fields: dict[str, Any]) -> None:
    read = read_row(BOOK, 1, identifiers, fields)

    if isinstance(read, Given):
        assert read.identifiers
        assert set(read.fields) <= set(BOOK.fields)
        assert all(value.encode() for value in read.identifiers.values())
    else:
        assert read
        assert all(len(f"{problem.value}".encode()) <= 4 * MAX_SHOWN and problem.reason for problem in read)
