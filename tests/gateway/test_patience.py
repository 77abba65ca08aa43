"""How long is waited: what counts as an answer, and when a message is given up."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from channels.base import Sent
from channels.errors import ChannelDown, SendRefused, SendThrottled, SendUnknown, Unreachable, Withheld
from gateway.patience import (
    LONGEST_DOUBT,
    LONGEST_LOOK_AFTER,
    MAX_SETTLE_TRIES,
    SETTLE_AFTER,
    SILENT_SENDS,
    Outcome,
    Silence,
    given_up,
    looks_of,
    next_look,
)
from storage.values import Owed
from tests.storage.rows import NOON

HOUR = timedelta(hours=1)
SENT_ONCE = Owed("m1", "sms", "+49151", "", "Hi", (), 0, False, NOON, False, "spring")
UNKNOWN = replace(SENT_ONCE, was_unknown=True)
DOUBTED = replace(UNKNOWN, doubted=True)
NO_ANSWER, ANSWERED = SendUnknown("no answer"), SendUnknown("several", answered=True)


def resting() -> Silence:
    silence = Silence("sms")
    for _ in range(SILENT_SENDS):
        silence.hear(SENT_ONCE, NO_ANSWER, NOON)
    return silence


@pytest.mark.parametrize(
    "answer",
    [
        Sent("SM1", "queued"),
        SendRefused("21211", "not a phone number"),
        SendThrottled(3),
        ChannelDown("20003", "wrong credentials"),
        ANSWERED,
    ],
)
def test_whatever_the_provider_answers_ends_its_silence(answer: Outcome) -> None:
    silence = resting()
    assert (silence.lasts, silence.sends) == (True, SILENT_SENDS)
    silence.hear(SENT_ONCE, answer, NOON)
    assert (silence.lasts, silence.sends) == (False, 0)


def test_the_log_says_why_a_provider_is_silent() -> None:
    with capture_logs() as logs:
        resting()

    assert [(one["event"], one["reason"]) for one in logs] == [("provider_silent", "no answer")]


def test_what_we_refuse_ourselves_is_no_answer() -> None:
    silence = resting()
    silence.hear(SENT_ONCE, Withheld("opted_out", "opted out", skipped=True), NOON)
    assert (silence.lasts, silence.sends) == (True, SILENT_SENDS)


@pytest.mark.parametrize(("owed", "rests"), [(SENT_ONCE, True), (DOUBTED, True), (UNKNOWN, False)])
@pytest.mark.parametrize("silent", [NO_ANSWER, Unreachable(5)])
def test_a_channel_rests_where_sends_get_no_answer_and_where_what_is_to_be_sent_can_not_be_looked_up(
    owed: Owed, rests: bool, silent: Outcome
) -> None:
    silence = Silence("sms")
    for _ in range(SILENT_SENDS):
        silence.hear(owed, silent, NOON)
    assert silence.lasts is rests


def test_only_answers_that_settle_nothing_are_counted() -> None:
    looks, now = 0, NOON + timedelta(minutes=1)
    for outcome in [NO_ANSWER] * 50 + [ANSWERED] * MAX_SETTLE_TRIES:
        owed = replace(UNKNOWN, attempts=looks)
        looks = looks_of(owed, outcome)
        given = given_up(owed, outcome, now)
        assert bool(given) is (looks == MAX_SETTLE_TRIES), looks
    assert given == f"unknown after {MAX_SETTLE_TRIES} looks at the provider's list: several"
    assert looks_of(SENT_ONCE, ANSWERED) == 0


@pytest.mark.parametrize(
    ("owed", "outcome", "waited", "gives_up"),
    [
        (UNKNOWN, NO_ANSWER, LONGEST_DOUBT - HOUR, False),
        (UNKNOWN, NO_ANSWER, LONGEST_DOUBT, True),
        (UNKNOWN, ANSWERED, LONGEST_DOUBT, False),
        (SENT_ONCE, NO_ANSWER, LONGEST_DOUBT, False),
        (DOUBTED, NO_ANSWER, 9 * LONGEST_DOUBT, False),
    ],
)
def test_for_three_days_a_silent_provider_is_asked_for_what_we_tried_to_send(
    owed: Owed, outcome: SendUnknown, waited: timedelta, gives_up: bool
) -> None:
    assert bool(given_up(owed, outcome, NOON + waited)) is gives_up


def test_a_list_that_can_not_be_read_is_asked_less_and_less_often() -> None:
    moments = [NOON + SETTLE_AFTER]
    while moments[-1] < NOON + LONGEST_DOUBT:
        moments.append(next_look(UNKNOWN, NO_ANSWER, moments[-1]))
    waits = [after - before for before, after in pairwise(moments)]

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (SETTLE_AFTER, LONGEST_LOOK_AFTER)
    assert 10 < len([one for one in moments if one < NOON + HOUR]) < 15


@pytest.mark.parametrize(("owed", "outcome"), [(SENT_ONCE, NO_ANSWER), (UNKNOWN, ANSWERED), (DOUBTED, NO_ANSWER)])
def test_all_else_is_asked_for_after_half_a_minute(owed: Owed, outcome: SendUnknown) -> None:
    assert next_look(owed, outcome, NOON + HOUR) == NOON + HOUR + SETTLE_AFTER
