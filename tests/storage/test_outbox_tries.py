"""What the outbox counts and remembers of a message from its first try to its end."""

from datetime import timedelta

import pytest

from storage import statements
from storage.database import Storage
from storage.doubts import RESTORED
from storage.outbox import ON_ITS_WAY
from storage.transaction import Transaction
from storage.types import EPOCH, MICROSECOND
from storage.values import Owed
from tests.databases import PostgresServer
from tests.storage.rows import NOON, SECOND, message, owe

HOUR = timedelta(hours=1)


def claim(transaction: Transaction, seconds: int = 0, *channels: str) -> list[Owed]:
    return transaction.outbox.claim(NOON + seconds * SECOND, 9, channels or ("sms",))


def test_every_try_is_counted_and_the_first_is_the_first_of_which_it_is_not_sure_that_it_failed(
    storage: Storage,
) -> None:
    tries = []
    with storage.transaction() as transaction:
        owe(transaction, message("m1"))
        for seconds in (0, 1, 2):
            tries += [(owed.attempts, owed.first_tried_at) for owed in claim(transaction, seconds)]
            transaction.outbox.retry("m1", NOON)

    assert tries == [(0, NOON), (1, NOON + SECOND), (2, NOON + 2 * SECOND)]


def test_a_try_of_unknown_end_has_not_been_looked_for_yet(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1"))
        claim(transaction)
        transaction.outbox.unknown("m1", NOON)
        (owed,) = claim(transaction, 5)

    assert (owed.was_unknown, owed.attempts, owed.first_tried_at) == (True, 0, NOON)


def test_what_was_being_sent_at_a_crash_has_not_been_looked_for_yet(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1"))
        for seconds in (0, 1):
            claim(transaction, seconds)
            transaction.outbox.retry("m1", NOON)
        claim(transaction, 2)
        transaction.outbox.recover(NOON + 2 * SECOND, "sms")
        (owed,) = claim(transaction, 5)

    assert (owed.was_unknown, owed.attempts, owed.first_tried_at) == (True, 0, NOON + 2 * SECOND)


@pytest.mark.parametrize(("before", "waits"), [(ON_ITS_WAY, True), (ON_ITS_WAY - MICROSECOND, False)])
def test_what_was_tried_as_long_ago_as_a_request_may_take_is_given_that_time_again(
    storage: Storage, before: timedelta, waits: bool
) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1"))
        claim(transaction)
        transaction.outbox.recover(NOON + before, "sms")

        assert transaction.outbox.next_due(["sms"]) == NOON + before + waits * ON_ITS_WAY


def test_only_what_is_unknown_is_settled_by_what_the_provider_says(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, *(message(id, id) for id in ("unknown", "other", "sending")))
        claim(transaction)
        transaction.outbox.unknown("unknown", NOON + SECOND)
        transaction.outbox.unknown("other", NOON + SECOND)
        owe(transaction, message("queued", "queued"), at=NOON + SECOND)

        transaction.outbox.settled([])
        transaction.outbox.settled(["unknown", "sending", "queued", "never heard of"])

        assert transaction.outbox.owed_count() == 3
        assert transaction.outbox.sending_count() == 1
        assert [owed.message for owed in claim(transaction, 1)] == ["other", "queued"]
        assert transaction.outbox.sending_count() == 3


@pytest.mark.parametrize(("lasts", "doubted"), [(HOUR, True), (timedelta(), False)])
def test_what_comes_to_be_owed_while_a_restore_is_in_doubt_is_unknown_since_the_backup(
    storage: Storage, lasts: timedelta, doubted: bool
) -> None:
    with storage.transaction() as transaction:
        until = (NOON + lasts - EPOCH) // MICROSECOND
        transaction.progress.put(RESTORED, position=until, at=NOON - HOUR)
        transaction.outbox.owe([])
        owe(transaction, message("m1", "A"), message("m2", "B"))
        owed = claim(transaction)

    tried = NOON - HOUR if doubted else NOON
    assert [(row.was_unknown, row.first_tried_at) for row in owed] == [(doubted, tried)] * 2


def test_what_is_doubted_is_withdrawn_by_a_stop_for_we_never_tried_to_send_it(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.progress.put(RESTORED, position=(NOON + HOUR - EPOCH) // MICROSECOND, at=NOON - HOUR)
        owe(transaction, message("m1", "A"), message("m2", "B"), message("m3", "C", communication="talk"))
        (first, *_) = claim(transaction)
        transaction.outbox.unknown(first.message, NOON)
        transaction.outbox.unknown("m2", NOON, doubted=True)
        transaction.outbox.unknown("m3", NOON, doubted=True)

        assert first.message == "m1"
        assert transaction.outbox.cancel_address("sms", "A") == []
        assert transaction.outbox.cancel_address("sms", "B") == ["m2"]
        assert transaction.outbox.cancel(["talk"]) == ["m3"]


def test_all_channels_together_claim_no_more_than_the_limit(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for channel in ("sms", "slack"):
            owe(transaction, *(message(f"{channel}{n}", f"{n}", channel=channel) for n in range(9)))
        owed = transaction.outbox.claim(NOON, 5, ("sms", "slack"))

    assert [row.message for row in owed] == ["sms0", "sms1", "sms2", "slack0", "slack1"]


def test_of_what_is_due_later_the_earliest_comes_next(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for seconds in (7, 2, 5):
            owe(transaction, message(f"m{seconds}", f"+{seconds}"), at=NOON + seconds * SECOND)

        assert transaction.outbox.next_due(["sms"]) == NOON + 2 * SECOND
        assert [row.message for row in claim(transaction, 9)] == ["m2", "m5", "m7"]


def test_an_address_is_cancelled_on_its_own_channel_only(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1", "A"), message("m2", "A", channel="slack"))

        assert transaction.outbox.cancel_address("sms", "A") == ["m1"]
        assert [row.message for row in claim(transaction, 0, "sms", "slack")] == ["m2"]


def test_however_many_communications_end_at_once_all_their_messages_are_cancelled(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "IN_LIMIT", 2)
    with storage.transaction() as transaction:
        owe(transaction, *(message(f"m{n}", communication=f"c{n}") for n in range(5)))

        assert transaction.outbox.cancel([f"c{n}" for n in range(5)]) == ["m0", "m1", "m2", "m3", "m4"]
        assert transaction.outbox.owed_count() == 0


def test_a_claim_under_way_holds_up_no_other_claim_and_no_word_of_the_provider(
    postgres: PostgresServer, prepared: str
) -> None:
    """Only PostgreSQL can do two at once; whoever had to wait here would be told so by ``lock_timeout``."""
    with postgres.database(prepared) as url:
        one, other = Storage(url), Storage(f"{url}&options=-c%20lock_timeout%3D2s")
        with one.transaction() as transaction:
            owe(transaction, *(message(f"m{n}", f"+{n}") for n in range(4)))
        with one.transaction() as first, other.transaction() as second:
            mine = [row.message for row in first.outbox.claim(NOON, 2, ["sms"])]
            yours = [row.message for row in second.outbox.claim(NOON, 2, ["sms"])]
            second.messages.record_providers({"m0": "SM0"})
        for storage in (one, other):
            storage.close()

    assert (mine, yours) == (["m0", "m1"], ["m2", "m3"])
