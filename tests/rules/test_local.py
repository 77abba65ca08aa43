"""A moment without an offset becomes an instant once it is known whose clocks it means."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.book import Field
from rules.fields import FieldError, coerce, from_json, given_from_json, to_json
from rules.local import is_local, placed
from rules.values import Position, Value, ValueType

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC")
MOMENT = Field(name="it", type=ValueType.DATETIME, position=Position("a.yaml", 1, 1))
LOCALS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59))


def read(raw: str) -> Value:
    return coerce(MOMENT, raw)


@pytest.mark.parametrize(
    ("raw", "instant"),
    [
        ("2027-01-31 14:05", datetime(2027, 1, 31, 13, 5, tzinfo=UTC)),
        ("2027-07-31T14:05:09", datetime(2027, 7, 31, 12, 5, 9, tzinfo=UTC)),
        ("2027-07-31", datetime(2027, 7, 30, 22, tzinfo=UTC)),
        ("2027-03-28 02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # skipped: the moment after it
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # shown twice: the first
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),  # no clock in Berlin showed that within the calendar
        ("9999-12-31 23:59:59", datetime(9999, 12, 31, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_without_an_offset_is_placed_on_somebodys_clocks(raw: str, instant: datetime) -> None:
    local = read(raw)

    assert is_local(local)
    assert placed(local, BERLIN) == instant


@pytest.mark.parametrize("raw", ["2027-07-31T14:05Z", "2027-07-31T14:05+00:00", "2027-07-31 16:05+02:00"])
def test_a_moment_with_an_offset_is_the_same_everywhere(raw: str) -> None:
    instant = read(raw)

    assert not is_local(instant)
    assert placed(instant, BERLIN) == instant == datetime(2027, 7, 31, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "2027-07-31T14:05", 1, date(2027, 7, 31), ("a",)], ids=str)
def test_anything_else_is_left_alone(value: Value) -> None:
    assert not is_local(value)
    assert placed(value, BERLIN) is value


def test_never_as_lists_write_it_is_a_moment_for_everybody() -> None:
    never = read("9999-12-31 23:59")

    assert placed(never, ZoneInfo("America/New_York")) == datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


@given(local=LOCALS, zone=st.sampled_from(ZONES))
def test_it_always_has_a_place_and_the_clocks_show_it_there(local: datetime, zone: str) -> None:
    instant = placed(local, ZoneInfo(zone))

    assert isinstance(instant, datetime)
    assert instant.tzinfo is UTC
    if 1 < local.year < 9999:
        shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert shown == local or skipped(local, ZoneInfo(zone))


def skipped(local: datetime, zone: ZoneInfo) -> bool:
    before, after = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    assert before is not None
    assert after is not None
    return before < after


@given(LOCALS)
def test_what_was_given_is_kept_local_and_what_a_field_holds_never_is(local: datetime) -> None:
    kept = to_json(local)

    assert given_from_json(MOMENT, kept) == local
    assert from_json(MOMENT, kept) is None


@pytest.mark.parametrize("stored", [None, "tomorrow", 5, "2027-07-31T14:05:00+00:00"])
def test_what_is_not_local_is_read_as_ever(stored: object) -> None:
    assert given_from_json(MOMENT, stored) == from_json(MOMENT, stored)


@pytest.mark.parametrize("raw", ["2027-02-30 14:05", "0000-01-01", "2027-07-31T24:30", "0001-01-01T00:00+10:00"])
def test_what_no_calendar_has_is_refused_whoever_it_is_for(raw: str) -> None:
    with pytest.raises(FieldError, match="is not a moment of the calendar"):
        read(raw)
