"""The circuit breaker: when a service is left alone, and when it is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calls.breaker import PAUSE, Breaker

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
MOST = 10


def after(story: str) -> tuple[Breaker, datetime]:
    """A breaker that saw failures (f), answers (a), begun calls (b) and pauses (p), and what time it then is."""
    breaker, now = Breaker(), NOON
    for step in story:
        match step:
            case "f":
                breaker = breaker.failed(now)
            case "a":
                breaker = breaker.worked()
            case "b":
                breaker = breaker.begun()
            case "p":
                now += PAUSE
    return breaker, now


@pytest.mark.parametrize(
    ("story", "room", "waits"),
    [
        ("", MOST, 0),
        ("ffff", MOST, 0),
        ("bbfafffa", MOST, 0),
        ("ffffaffff", MOST, 0),
        ("fffff", 0, 30),
        ("ffffff", 0, 30),
        ("fffffp", 1, 0),
        ("fffffpp", 1, 0),
        ("fffffpb", 0, 0),
        ("fffffpbf", 0, 30),
        ("fffffpbfp", 1, 0),
        ("fffffpba", MOST, 0),
        ("fffffpbaffff", MOST, 0),
        ("fffffa", MOST, 0),
    ],
)
def test_so_many_calls_may_pass_after_what_was_seen(story: str, room: int, waits: int) -> None:
    breaker, now = after(story)

    assert breaker.room(now, MOST) == room
    assert breaker.opens_at(now) == now + timedelta(seconds=waits)


def test_it_makes_no_room_that_is_not_there() -> None:
    breaker, now = after("fffffp")

    assert (breaker.room(now, 0), Breaker().room(now, 0)) == (0, 0)


@given(st.text("fabp", max_size=40))
def test_whatever_was_seen_it_lets_somebody_try_after_a_pause(story: str) -> None:
    breaker, now = after(story)

    assert 0 <= breaker.room(now, MOST) <= MOST
    assert breaker.probing or breaker.room(now + PAUSE, MOST) > 0
    assert breaker.worked().room(now, MOST) == MOST
