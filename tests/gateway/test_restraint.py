"""What holds a channel back is told to whoever sends there next, and believed within reason."""

from datetime import timedelta
from time import monotonic

import pytest

from channels.base import Sent
from channels.errors import ChannelDown, SendUnknown
from gateway.channel_health import channel_health
from gateway.patience import LONGEST_REST, SILENT_SENDS
from gateway.restraint import DOWN_PAUSE, TOLD_PAUSE, Restraint
from rules.book import Channel
from storage.database import Storage
from storage.values import Owed
from tests.storage.rows import NOON, SECOND, message, owe

OWED = Owed("m1", "sms", "+49151", "", "Hi", (), 0, False, NOON, False, "spring")
SMS = Channel(name="sms", kind="sms", identifier="phone")
YEAR = timedelta(days=365)


def refused() -> Restraint:
    restraint = Restraint("sms", 1.0)
    restraint.hear(OWED, ChannelDown("20003", "wrong password"), NOON)
    return restraint


def silent() -> Restraint:
    restraint = Restraint("sms", 1.0)
    for _ in range(SILENT_SENDS):
        restraint.hear(OWED, SendUnknown("no answer"), NOON)
    return restraint


def taken(kept: Restraint, at: timedelta = timedelta()) -> Restraint:
    other = Restraint("sms", kept.per_second)
    other.take(kept.kept(), NOON + at)
    return other


@pytest.mark.parametrize("found", [refused(), silent()], ids=["refused", "silent"])
def test_what_one_found_out_the_next_one_knows(found: Restraint) -> None:
    other = taken(found)

    assert other.kept() == found.kept()
    assert (other.rests(NOON), other.silence.lasts) == (True, found.silence.lasts)


@pytest.mark.parametrize(("found", "longest"), [(refused(), DOWN_PAUSE), (silent(), LONGEST_REST)])
def test_no_rest_is_longer_than_it_can_be_whatever_clock_it_was_found_out_by(
    found: Restraint, longest: timedelta
) -> None:
    other = taken(found, -YEAR)

    assert other.until(refused=True) == NOON - YEAR + longest


def test_a_silence_of_long_ago_lets_one_message_try_at_once() -> None:
    other = taken(silent(), YEAR)

    assert (other.rests(NOON + YEAR), other.silence.lasts) == (False, True)


def test_a_message_that_is_taken_ends_all_rests() -> None:
    restraint = refused()
    restraint.hear(OWED, Sent("SM1", "queued"), NOON)

    assert not restraint.rests(NOON)
    assert not restraint.refused(lambda: ["spring"])


def test_a_channel_refused_rests_while_all_campaigns_it_put_in_error_stand_so() -> None:
    restraint = refused()

    assert restraint.refused(lambda: ["autumn", "spring"])
    assert not restraint.refused(lambda: ["autumn"])


@pytest.mark.parametrize(
    ("rate", "messages", "pause", "told"), [(0.1, 1, 10.0, True), (100.0, 20, 0.2, True), (1000.0, 20, 0.02, False)]
)
def test_only_a_pause_that_lasts_until_somebody_else_can_send_is_told(
    rate: float, messages: int, pause: float, told: bool
) -> None:
    restraint, begun = Restraint("sms", rate), monotonic()
    restraint.claimed(messages, NOON)

    assert restraint.pause == pytest.approx(pause, abs=monotonic() - begun + 0.01)
    kept = restraint.kept()["paced_until"]
    assert (kept is not None) is told is (pause >= TOLD_PAUSE)
    assert (taken(restraint).pause > 0) is told


def test_a_rate_is_kept_no_longer_than_it_takes_whatever_clock_it_was_told_by() -> None:
    restraint = Restraint("sms", 2.0)
    restraint.claimed(2, NOON + YEAR)

    assert 0.5 < taken(restraint).pause <= 1.0


def test_of_a_channel_on_which_another_process_sends_the_database_tells_how_it_does(storage: Storage) -> None:
    with storage.transaction() as t:
        owe(t, message("m1", "A"), message("m2", "B"), message("m3", "C"))
        t.outbox.claim(NOON, 2, ["sms"])
        t.channel_states.put(silent().kept())
    with storage.reading() as t:
        (health,) = channel_health(t, {"sms": SMS}, {"sms": 5.0}, {}, NOON)

    assert (health.rests_until, health.refused, health.unanswered) == (NOON + SECOND, False, SILENT_SENDS)
    assert (health.sending, health.per_second) == (2, 5.0)
    assert health.trouble is not None
    assert health.trouble.reason == "no answer"
