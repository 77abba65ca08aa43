"""The pace of a campaign, as arithmetic."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pacing import Pace

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("per_minute", "burst"), [(1, 1), (59, 1), (60, 1), (119, 1), (120, 2), (600, 10)])
def test_after_a_rest_a_second_s_worth_may_begin_at_once_and_no_more(per_minute: int, burst: int) -> None:
    for until in (None, NOON - timedelta(days=1)):
        pace = Pace(per_minute, until)

        assert pace.room(NOON) == burst
        assert Pace(per_minute, pace.after(burst, NOON)).room(NOON) == 0


@pytest.mark.parametrize("per_minute", [1, 7, 60, 600, 100_000])
def test_the_next_may_begin_exactly_when_its_share_of_a_minute_has_passed(per_minute: int) -> None:
    pace = Pace(per_minute)
    full = Pace(per_minute, pace.after(pace.room(NOON), NOON))

    assert full.until is not None
    assert full.until - NOON == full.share
    assert full.room(full.until - timedelta(microseconds=1)) == 0
    assert full.room(full.until) == 1


@pytest.mark.parametrize(("per_minute", "together"), [(60, 1), (300, 1), (301, 2), (600, 2), (60_000, 200)])
def test_at_a_high_pace_it_wakes_for_several_at_once(per_minute: int, together: int) -> None:
    pace = Pace(per_minute, NOON)
    opens = pace.opens_at()

    assert opens is not None
    assert pace.room(opens) == together
    assert Pace(per_minute).opens_at() is None


@given(
    per_minute=st.integers(1, 5_000),
    steps=st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(0, 100)), min_size=1, max_size=40),
)
def test_in_no_stretch_of_time_do_more_begin_than_the_pace_and_one_burst(
    per_minute: int, steps: list[tuple[int, int]]
) -> None:
    pace, now = Pace(per_minute), NOON
    begun: list[tuple[datetime, int]] = []
    for microseconds, waiting in steps:
        now += timedelta(microseconds=microseconds)
        number = min(pace.room(now), waiting)
        pace = Pace(per_minute, pace.after(number, now))
        begun.append((now, number))

    for first, (since, _) in enumerate(begun):
        for last, (until, _) in enumerate(begun[first:], first):
            total = sum(number for _, number in begun[first : last + 1])
            assert total <= pace.burst + (until - since) / pace.share
