"""Fields: what is read from outside, what is kept, and how a refusal reads."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.book import Field
from rules.fields import FieldError, coerce, from_json, normalise_identifier, to_json
from rules.values import FIELD_TYPES, Position, Value, ValueType

BERLIN = ZoneInfo("Europe/Berlin")


def field(type_: str, name: str = "it") -> Field:
    values = ("unpaid", "paid") if type_ == "enumeration" else ()
    return Field(name=name, type=ValueType(type_), values=values, position=Position("f.yaml", 1, 1))


@pytest.mark.parametrize(
    ("type_", "raw", "value"),
    [
        ("string", " Änna\r\nB ", "Änna\nB"),
        ("string", "", None),
        ("string", None, None),
        ("integer", "12", 12),
        ("integer", "-0012", -12),
        ("integer", 3.0, 3),
        ("integer", Decimal("4.00"), 4),
        ("numeric", "129.90", Decimal("129.90")),
        ("numeric", 129.9, Decimal("129.9")),
        ("numeric", 7, Decimal(7)),
        ("boolean", "YES", True),
        ("boolean", "0", False),
        ("boolean", 1, True),
        ("boolean", False, False),
        ("date", "2027-03-31", date(2027, 3, 31)),
        ("date", datetime(2027, 3, 30, 23, 30, tzinfo=UTC), date(2027, 3, 31)),
        ("datetime", "2027-03-31T14:05", datetime(2027, 3, 31, 12, 5, tzinfo=UTC)),
        ("datetime", "2027-03-31 14:05:09.5Z", datetime(2027, 3, 31, 14, 5, 9, 500_000, tzinfo=UTC)),
        ("datetime", "2027-03-31T14:05+0500", datetime(2027, 3, 31, 9, 5, tzinfo=UTC)),
        ("datetime", date(2027, 3, 31), datetime(2027, 3, 30, 22, tzinfo=UTC)),
        ("datetime", "2027-03-28T02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("enumeration", "paid", "paid"),
        ("enumeration", " PAID ", "paid"),
        ("email", "Anna.B@Example.COM", "anna.b@example.com"),
        ("phone", "0151 2345-6789", "+4915123456789"),
        ("phone", "+49 (151) 23456789", "+4915123456789"),
        ("phone", "+1 415 555 2671", "+14155552671"),
    ],
)
def test_a_value_is_read_as_its_type(type_: str, raw: object, value: Value) -> None:
    read = coerce(field(type_), raw, "DE", BERLIN)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("type_", "raw", "reason"),
    [
        ("string", 80331, "put quotes around it"),
        ("string", "a\x00b", "U+0000; remove it"),
        ("string", "a\ud800", "U+D800; remove it"),
        ("string", "a" * 1601, "1601 characters; at most 1600"),
        ("integer", "1.5", "write it in digits"),
        ("integer", "1.0", "write it in digits"),
        ("integer", True, "write it in digits"),
        ("integer", "٣", "write it in digits"),
        ("integer", "9" * 19, "at most 1000000000000000000"),
        ("integer", "9" * 5000, "numbers may be at most 1000000000000000000"),
        ("integer", "1" + "0" * 18 + "1", "numbers may be at most 1000000000000000000"),
        ("numeric", "-" + "9" * 30 + ".5", "numbers may be at most 1000000000000000000"),
        ("numeric", "129,90", "a point instead of the comma"),
        ("numeric", "1e5", "write it in digits"),
        ("numeric", "NaN", "write it in digits"),
        ("numeric", float("inf"), "write it in digits"),
        ("numeric", 1e300, "too large"),
        ("numeric", "0.12345678901", "11 decimals; at most 10"),
        ("boolean", "ja", "write true, false, yes, no, 1 or 0"),
        ("boolean", 2, "write true"),
        ("boolean", [], "write true"),
        ("date", "31.03.2027", "such as 2027-03-31"),
        ("date", "2027-02-30", "not a day of the calendar"),
        ("date", 20270331, "such as 2027-03-31"),
        ("datetime", "2027-03-31T25:00", "not a moment of the calendar"),
        ("datetime", "0001-01-01T00:00", "not a moment of the calendar"),
        ("datetime", "tomorrow", "write 2027-03-31T14:05"),
        ("enumeration", "payd", 'did you mean "paid"?'),
        ("enumeration", "x", "allowed: unpaid, paid"),
        ("enumeration", True, "put quotes around it"),
        ("email", "anna", "write name@example.com"),
        ("email", "a@b", "write name@example.com"),
        ("email", "a b@example.com", "write name@example.com"),
        ("email", "a@example.com\nBcc: b@example.com", "write name@example.com"),
        ("email", "a" * 300 + "@example.com", "at most 254"),
        ("phone", "0151-abc", "use digits only"),
        ("phone", "+49151", "cannot exist|can exist"),
        ("phone", "+999 123456789", "write it as"),
        ("phone", 4915123456789, "put quotes around it"),
        ("duration", "3d", "cannot have the type duration"),
    ],
)
def test_a_refusal_says_what_to_write(type_: str, raw: object, reason: str) -> None:
    with pytest.raises(FieldError) as caught:
        coerce(field(type_), raw, "DE", BERLIN)
    assert any(part in caught.value.reason for part in reason.split("|"))


def test_a_national_number_needs_a_region() -> None:
    with pytest.raises(FieldError, match="has no country code; write it with \\+, or set the campaign's region"):
        coerce(field("phone"), "0151 23456789")


def test_a_field_named_timezone_holds_a_zone() -> None:
    assert coerce(field("string", "timezone"), "Europe/Berlin") == "Europe/Berlin"
    for wrong in ("Berlin", "../../etc/passwd", "/etc/passwd", "Europe", "a\nb"):
        with pytest.raises(FieldError, match="time zone"):
            coerce(field("string", "timezone"), wrong)


@pytest.mark.parametrize(
    ("kind", "raw", "identifier"),
    [
        ("external_id", " 4711 ", "4711"),
        ("external_id", 4711, "4711"),
        ("phone", "0151 23456789", "+4915123456789"),
        ("email", "A@Example.com", "a@example.com"),
        ("slack", "U024BE7LH", "U024BE7LH"),
        ("slack", "W024BE7LH", "W024BE7LH"),
    ],
)
def test_an_identifier_has_one_form(kind: str, raw: object, identifier: str) -> None:
    assert normalise_identifier(kind, raw, "DE") == identifier


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        ("slack", "@anna", "copy the member id"),
        ("slack", "C024BE7LH", "copy the member id"),
        ("external_id", "", "external_id is empty"),
        ("email", None, "email is empty"),
        ("external_id", "a" * 201, "at most 200"),
        ("fax", "1", "there are external_id, phone, email, slack"),
    ],
)
def test_a_refused_identifier_says_what_to_write(kind: str, raw: object, reason: str) -> None:
    with pytest.raises(FieldError, match=reason):
        normalise_identifier(kind, raw, "DE")


KEPT = {
    "string": st.text(max_size=5),
    "integer": st.integers(-(10**18), 10**18),
    "numeric": st.decimals(-(10**9), 10**9, places=3),
    "boolean": st.booleans(),
    "date": st.dates(),
    "datetime": st.datetimes(timezones=st.just(UTC)),
    "enumeration": st.sampled_from(["unpaid", "paid"]),
    "email": st.just("a@example.com"),
    "phone": st.just("+4915123456789"),
}
VALUES = st.sampled_from(sorted(KEPT)).flatmap(lambda type_: st.tuples(st.just(type_), KEPT[type_]))


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_a_kept_value_comes_back_the_same(typed: tuple[str, Value]) -> None:
    type_, value = typed
    assert from_json(field(type_), to_json(value)) == value


JSON = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.lists(st.integers(), max_size=2)
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FIELD_TYPES), JSON)
def test_anything_is_read_or_refused(type_: ValueType, raw: object) -> None:
    from_json(field(type_), raw)
    try:
        value = coerce(field(type_), raw, "DE", BERLIN)
    except FieldError:
        return
    assert from_json(field(type_), to_json(value)) == value


def test_a_kept_value_of_another_type_is_unset() -> None:
    stored = ["x", 1.5, [], {}, None, "2027-13-01", "NaN"]
    for type_ in ("integer", "numeric", "boolean", "date", "datetime", "enumeration"):
        assert [from_json(field(type_), value) for value in stored] == [None] * len(stored)
