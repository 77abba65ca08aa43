"""The first of each queue, on each database."""

from datetime import timedelta

from storage.database import Storage
from tests.storage.rows import NOON, event, message, owe

MINUTE = timedelta(minutes=1)


def test_where_nothing_waits_nothing_is_late(storage: Storage) -> None:
    with storage.reading() as t:
        assert (t.lists.lags.oldest_waiting(), t.lists.lags.held(), t.lists.lags.oldest_owed()) == (None, 0, {})


def test_the_oldest_is_the_first_that_is_still_to_be_done(storage: Storage) -> None:
    with storage.transaction() as t:
        for number, channel in enumerate(("sms", "sms", "slack", "slack")):
            at = NOON + number * MINUTE
            owe(t, message(f"m{number}", f"a{number}", channel=channel, created_at=at), at=at)
        t.outbox.done("m0")
        t.outbox.retry("m1", NOON + 99 * MINUTE)
    with storage.reading() as t:
        assert t.lists.lags.oldest_owed() == {"sms": NOON + MINUTE, "slack": NOON + 2 * MINUTE}


def test_what_is_decided_or_held_does_not_wait(storage: Storage) -> None:
    with storage.transaction() as t:
        first, second, third = (number for number in t.inbox.keep([event(key) for key in "abc"]) if number)
        t.inbox.decided([first], NOON)
        t.inbox.hold([second])
    with storage.reading() as t:
        assert (t.lists.lags.oldest_waiting(), t.lists.lags.held()) == (NOON, 1)
    with storage.transaction() as t:
        t.inbox.decided([third], NOON)
    with storage.reading() as t:
        assert t.lists.lags.oldest_waiting() is None


def test_events_are_read_forward_in_their_order(storage: Storage) -> None:
    with storage.transaction() as t:
        t.inbox.keep([event(key) for key in "abcd"])
    with storage.reading() as t:
        events = t.lists.events
        assert [row["key"] for row in events.after(1, 2)] == ["b", "c"]
        assert [row["key"] for row in events.those([4, 2, 99])] == ["b", "d"]
        assert events.last() == 4
