"""Hours, holidays and caps: the first moment that keeps to all of them, on the clocks of the place."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.contact import Caps, Contact
from rules.hours import EVERY_DAY, Hours, moment_at, next_allowed

MINUTE = timedelta(minutes=1)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
CHANGES = (  # around these clocks are set forward or back in one of the zones, or a day is left out
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2011, 12, 30, tzinfo=UTC),
)
LOOKED_AT = 4 * 24 * 60  # minutes


def clock(text: str) -> time:
    return time.fromisoformat(text)


def hours(begins: str = "00:00", ends: str = "00:00", days: Iterable[int] = EVERY_DAY) -> Hours:
    return Hours(begins=clock(begins), ends=clock(ends), days=frozenset(days))


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    """The moment at which clocks there show this; with +1 at its end, for the second time."""
    fold = int(text.endswith("+1"))
    return datetime.fromisoformat(text.removesuffix("+1")).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("wanted", "start", "expected"),
    [
        (hours("09:00", "18:00"), "2026-07-01T08:59", "2026-07-01T09:00"),
        (hours("09:00", "18:00"), "2026-07-01T09:00", "2026-07-01T09:00"),
        (hours("09:00", "18:00"), "2026-07-01T17:59", "2026-07-01T17:59"),
        (hours("09:00", "18:00"), "2026-07-01T18:00", "2026-07-02T09:00"),
        (hours("22:00", "06:00"), "2026-07-01T12:00", "2026-07-01T22:00"),
        (hours("22:00", "06:00"), "2026-07-02T05:59", "2026-07-02T05:59"),
        (hours("22:00", "06:00"), "2026-07-02T06:00", "2026-07-02T22:00"),
        (hours("22:00", "06:00", [4]), "2026-07-04T03:00", "2026-07-04T03:00"),  # Saturday, of Friday's night
        (hours("22:00", "06:00", [5]), "2026-07-04T03:00", "2026-07-04T22:00"),
        (hours("12:00", "12:00", [4]), "2026-07-04T11:59", "2026-07-04T11:59"),
        (hours(days=[0]), "2026-07-01T12:00", "2026-07-06T00:00"),
        (hours(days=[2]), "2026-07-01T12:00", "2026-07-01T12:00"),
        (hours("18:00", "00:00", [2]), "2026-07-01T23:59", "2026-07-01T23:59"),
        (hours(), "2026-07-01T12:00", "2026-07-01T12:00"),
        # clocks are set forward from 02:00 to 03:00
        (hours("02:30", "05:00"), "2026-03-29T00:00", "2026-03-29T03:00"),
        (hours("01:00", "02:30"), "2026-03-29T03:00", "2026-03-30T01:00"),
        (hours("02:10", "02:50"), "2026-03-29T00:00", "2026-03-30T02:10"),
        # clocks are set back from 03:00 to 02:00
        (hours("02:30", "05:00"), "2026-10-25T00:00", "2026-10-25T02:30"),
        (hours("02:30", "05:00"), "2026-10-25T02:15+1", "2026-10-25T02:15+1"),
        (hours("01:00", "02:30"), "2026-10-25T02:15+1", "2026-10-26T01:00"),
    ],
)
def test_hours_are_those_of_the_clocks_there(wanted: Hours, start: str, expected: str) -> None:
    assert next_allowed(at(start), ZoneInfo("Europe/Berlin"), [wanted.earliest]) == at(expected)


def test_a_day_that_a_zone_leaves_out_has_no_hours() -> None:
    zone = ZoneInfo("Pacific/Apia")  # there was no Friday the 30th of December 2011
    friday = hours("09:00", "18:00", [4])

    assert next_allowed(at("2011-12-29T12:00", zone.key), zone, [friday.earliest]) == at("2012-01-06T09:00", zone.key)


@pytest.mark.parametrize(
    ("limits", "start", "expected"),
    [
        (Contact(holidays=frozenset({date(2026, 12, 25)})), "2026-12-25T12:00", "2026-12-26T00:00"),
        (Contact(holidays=frozenset({date(2026, 12, 25)})), "2027-12-25T12:00", "2027-12-25T12:00"),
        (Contact(yearly=frozenset({(12, 25), (12, 26)})), "2027-12-25T12:00", "2027-12-27T00:00"),
        (Contact(yearly=frozenset({(2, 29)})), "2027-03-01T12:00", "2027-03-01T12:00"),
        (Contact(hours=(hours("08:00", "20:00"),), yearly=frozenset({(1, 1)})), "2026-12-31T21:00", "2027-01-02T08:00"),
        (Contact(hours=(hours("08:00", "20:00"), hours(days=range(6)))), "2026-07-04T20:00", "2026-07-06T08:00"),
    ],
)
def test_a_campaigns_hours_and_holidays_hold_together(limits: Contact, start: str, expected: str) -> None:
    assert next_allowed(at(start), ZoneInfo("Europe/Berlin"), limits.constraints) == at(expected)


@pytest.mark.parametrize(
    ("per_day", "per_week", "begun", "expected"),
    [
        (1, 0, ["2026-07-01T08:00"], "2026-07-02T00:00"),
        (2, 0, ["2026-07-01T08:00"], "2026-07-01T12:00"),
        (1, 0, ["2026-06-30T23:59"], "2026-07-01T12:00"),
        (1, 0, ["2026-07-01T08:00", "2026-07-02T08:00"], "2026-07-03T00:00"),
        (0, 2, ["2026-06-29T00:00", "2026-07-01T08:00"], "2026-07-06T00:00"),
        (0, 2, ["2026-06-28T23:59", "2026-07-01T08:00"], "2026-07-01T12:00"),
        (1, 2, ["2026-07-01T08:00", "2026-06-29T08:00"], "2026-07-06T00:00"),
        (0, 0, ["2026-07-01T08:00"], "2026-07-01T12:00"),
    ],
)
def test_a_full_day_or_week_is_passed_over(per_day: int, per_week: int, begun: list[str], expected: str) -> None:
    caps = Contact(per_day=per_day, per_week=per_week).caps(tuple(at(text) for text in begun))

    assert next_allowed(at("2026-07-01T12:00"), ZoneInfo("Europe/Berlin"), caps) == at(expected)  # a Wednesday


@pytest.mark.parametrize(
    "impossible",
    [
        [hours("09:00", "10:00"), hours("11:00", "12:00")],
        [hours(days=[0]), hours(days=[1])],
        [hours(days=[])],
    ],
)
def test_hours_that_never_meet_have_no_moment(impossible: list[Hours]) -> None:
    wanted = [one.earliest for one in impossible]

    assert next_allowed(at("2026-07-01T12:00"), ZoneInfo("Europe/Berlin"), wanted) is None


def test_at_the_end_of_the_calendar_there_is_no_moment() -> None:
    last = datetime(9999, 12, 31, 23, tzinfo=UTC)

    assert next_allowed(last, ZoneInfo("UTC"), [hours("09:00", "10:00").earliest]) is None
    assert next_allowed(last, ZoneInfo("UTC"), []) == last


clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
spans = st.builds(Hours, begins=clocks, ends=clocks, days=st.frozensets(st.integers(0, 6), min_size=1))
starts = st.builds(
    lambda change, minutes: change + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(-3000, 3000)
)
some_days = st.frozensets(starts.map(datetime.date), max_size=3)
caps = st.builds(Caps, st.tuples(starts, starts, starts), st.integers(0, 2), st.integers(0, 3))


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def first_shown(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first whole minute at which clocks show this or later, found by looking at every minute."""
    moment = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    while shown(moment, zone) < wall:
        moment += max(MINUTE, wall - shown(moment, zone) - timedelta(hours=25))
    return moment


def within(span: Hours, moment: datetime, zone: ZoneInfo) -> bool:
    day = shown(moment, zone).date()
    for begins_on in (day - timedelta(days=1), day):
        ends_on = begins_on + timedelta(days=span.ends <= span.begins)
        begins = first_shown(datetime.combine(begins_on, span.begins), zone)
        ends = first_shown(datetime.combine(ends_on, span.ends), zone)
        if begins_on.weekday() in span.days and begins <= moment < ends:
            return True
    return False


def allowed(moment: datetime, zone: ZoneInfo, span: Hours, contact: Contact, caps: Caps) -> bool:
    day = shown(moment, zone).date()
    monday = day - timedelta(days=day.weekday())
    begun = [shown(one, zone).date() for one in caps.begun]
    this_week = [one for one in begun if monday <= one < monday + timedelta(days=7)]
    return (
        within(span, moment, zone)
        and day not in contact.holidays
        and not (caps.per_day and begun.count(day) >= caps.per_day)
        and not (caps.per_week and len(this_week) >= caps.per_week)
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), starts, spans, some_days, caps, st.data())
def test_no_earlier_minute_keeps_to_all_of_it(
    name: str, start: datetime, span: Hours, holidays: frozenset[date], caps: Caps, data: st.DataObject
) -> None:
    zone, contact = ZoneInfo(name), Contact(holidays=holidays)

    found = next_allowed(start, zone, [span.earliest, *contact.constraints, caps.earliest])

    assert found is not None
    assert found >= start
    assert allowed(found, zone, span, contact, caps)
    minutes = min((found - start) // MINUTE, LOOKED_AT)
    drawn = data.draw(st.lists(st.integers(0, minutes - 1), max_size=40)) if minutes else []
    for number in [*drawn, minutes - 1] if minutes else []:
        assert not allowed(start + number * MINUTE, zone, span, contact, caps)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), starts)
def test_a_time_of_the_clocks_is_the_first_moment_that_shows_it_or_later(name: str, around: datetime) -> None:
    zone = ZoneInfo(name)
    wall = around.replace(tzinfo=None)

    assert moment_at(wall, zone) == first_shown(wall, zone)
