"""Days and hours where clocks are put forward and back: counted in calendar days, moved by elapsed time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expressions import compile_expression
from rules.names import NameInfo, Scope
from rules.values import Value, ValueType

NAMES = {"day": NameInfo(ValueType.DATE), "moment": NameInfo(ValueType.DATETIME), "count": NameInfo(ValueType.INTEGER)}
BERLIN, NEW_YORK, LORD_HOWE, CAIRO = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"

# zone, the day of the switch, how long that day is
SWITCHES = [
    (BERLIN, date(2027, 3, 28), timedelta(hours=23)),
    (BERLIN, date(2026, 10, 25), timedelta(hours=25)),
    (NEW_YORK, date(2027, 3, 14), timedelta(hours=23)),
    (NEW_YORK, date(2026, 11, 1), timedelta(hours=25)),
    (LORD_HOWE, date(2026, 10, 4), timedelta(hours=23, minutes=30)),
    (LORD_HOWE, date(2027, 4, 4), timedelta(hours=24, minutes=30)),
    (CAIRO, date(2027, 4, 30), timedelta(hours=23)),  # there is no midnight on that day
]


def value(source: str, zone: str, now: datetime | None = None, **values: Value) -> Value:
    return compile_expression(source, NAMES).evaluate(
        Scope(values, now or datetime(2027, 1, 1, tzinfo=UTC), ZoneInfo(zone))
    )


def at(zone: str, day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(("zone", "day", "length"), SWITCHES)
def test_a_day_is_a_day_however_long_it_is(zone: str, day: date, length: timedelta) -> None:
    assert value("day + days(1)", zone, day=day) == day + timedelta(days=1)
    assert value("day + weeks(1) - days(1)", zone, day=day) == day + timedelta(days=6)
    assert value("day + days(1) - day == days(1)", zone, day=day) is True


@pytest.mark.parametrize(("zone", "day", "length"), SWITCHES)
def test_hours_are_elapsed_time(zone: str, day: date, length: timedelta) -> None:
    midnight, next_midnight = value("day + hours(0)", zone, day=day), value("day + days(1) + hours(0)", zone, day=day)

    assert isinstance(midnight, datetime)
    assert isinstance(next_midnight, datetime)
    assert next_midnight - midnight == length
    assert value("moment + days(1)", zone, moment=midnight) == midnight + timedelta(hours=24)
    assert value("moment + hours(24) == moment + days(1)", zone, moment=midnight) is True


@pytest.mark.parametrize(("zone", "day", "length"), SWITCHES)
def test_days_until_counts_midnights(zone: str, day: date, length: timedelta) -> None:
    before, after = day - timedelta(days=1), day + timedelta(days=1)

    for hour in (1, 12, 23):
        assert value("days_until(day)", zone, at(zone, before, hour), day=after) == 2
        assert value("days_until(day)", zone, at(zone, day, hour), day=after) == 1
        assert value("days_until(day)", zone, at(zone, after, hour), day=before) == -2
    assert value("days_until(moment)", zone, at(zone, before, 23, 59), moment=at(zone, after, 0)) == 2
    assert value("days_until(moment)", zone, at(zone, day, 23, 59), moment=at(zone, after, 0)) == 1


@pytest.mark.parametrize(("zone", "day", "length"), SWITCHES)
def test_today_and_the_weekday_change_at_midnight(zone: str, day: date, length: timedelta) -> None:
    last, first = at(zone, day, 23, 59), at(zone, day + timedelta(days=1), 0)

    assert value("today()", zone, last) == day
    assert value("today()", zone, first) == day + timedelta(days=1)
    assert value("weekday(now())", zone, last) == day.isoweekday()
    assert value("weekday(today())", zone, first) == (day + timedelta(days=1)).isoweekday()
    assert value("hour(now())", zone, last) == 23
    assert value("hour(now())", zone, first) == 0


@pytest.mark.parametrize(
    ("source", "zone", "written"),
    [
        ("datetime(2027, 3, 28, 2, 30)", BERLIN, "2027-03-28T03:30"),  # in the gap: the moment after it
        ("datetime(2026, 10, 25, 2, 30)", BERLIN, "2026-10-25T02:30"),  # twice: the first
        ("datetime(2027, 3, 14, 2, 30)", NEW_YORK, "2027-03-14T03:30"),
        ("datetime(2026, 11, 1, 1, 30)", NEW_YORK, "2026-11-01T01:30"),
        ("datetime(2026, 10, 4, 2, 15)", LORD_HOWE, "2026-10-04T02:45"),
        ("datetime(2027, 4, 4, 1, 45)", LORD_HOWE, "2027-04-04T01:45"),
        ("date(2027, 4, 30) + hours(0)", CAIRO, "2027-04-30T01:00"),
        ("date(2027, 3, 28) + hours(9)", BERLIN, "2027-03-28T10:00"),
        ("date(2026, 10, 25) + hours(9)", BERLIN, "2026-10-25T08:00"),
    ],
)
def test_a_clock_time_that_is_missing_or_there_twice_is_one_moment(source: str, zone: str, written: str) -> None:
    moment = value(source, zone)

    assert isinstance(moment, datetime)
    local = moment.astimezone(ZoneInfo(zone))
    assert local.strftime("%Y-%m-%dT%H:%M") == written
    assert local.fold == 0


@pytest.mark.parametrize(
    ("source", "moment", "expected"),
    [
        ("hour(moment)", datetime(2027, 3, 28, 0, 59, tzinfo=UTC), 1),
        ("hour(moment)", datetime(2027, 3, 28, 1, 0, tzinfo=UTC), 3),
        ("hour(moment)", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 2),
        ("hour(moment)", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 2),
        ("hour(moment)", datetime(1, 1, 1, tzinfo=UTC), 0),
        ("weekday(moment)", datetime(2027, 3, 27, 23, 0, tzinfo=UTC), 7),
        ("weekday(moment)", datetime(2027, 3, 27, 22, 59, tzinfo=UTC), 6),
        ("weekday(moment)", datetime(9999, 12, 31, 23, 30, tzinfo=UTC), None),
        ("weekday(moment)", None, None),
        ("anniversary(moment)", datetime(1988, 2, 29, 12, tzinfo=UTC), date(2027, 2, 28)),
        ("anniversary(moment)", datetime(1988, 3, 27, 12, tzinfo=UTC), date(2027, 3, 27)),
        ("anniversary(moment)", datetime(9999, 12, 31, 23, 30, tzinfo=UTC), None),
        ("hour(moment)", None, None),
        ("before(day, moment)", datetime(2027, 3, 27, 22, 59, tzinfo=UTC), False),
        ("before(day, moment)", datetime(2027, 3, 27, 23, 1, tzinfo=UTC), True),
        ("after(day, moment)", datetime(2027, 3, 27, 23, 0, tzinfo=UTC), False),
        ("after(day, moment)", datetime(2027, 3, 27, 22, 59, tzinfo=UTC), True),
    ],
)
def test_clock_functions_read_the_clock_of_the_participant(
    source: str, moment: datetime | None, expected: Value
) -> None:
    assert value(source, BERLIN, day=date(2027, 3, 28), moment=moment) == expected


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([BERLIN, NEW_YORK, LORD_HOWE, CAIRO]),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.integers(-800, 800),
)
def test_a_day_so_many_days_away_is_so_many_days_away(zone: str, now: datetime, count: int) -> None:
    assert value("days_until(today() + days(count))", zone, now, count=count) == count
    assert value("days_until(today() + days(count) + hours(0))", zone, now, count=count) == count
