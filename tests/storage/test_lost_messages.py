"""What is remembered about messages whose sending has no known end."""

from datetime import datetime, timedelta

import pytest

from storage.database import Storage
from tests.storage.rows import NOON, SECOND, communication, message, owe


def test_the_ids_a_provider_has_for_our_messages_to_an_address_are_known(storage: Storage) -> None:
    known = {"provider_id": "SM1", "channel": "sms", "address": "A"}
    yesterday = NOON - timedelta(days=1)
    with storage.transaction() as transaction:
        transaction.messages.add(
            [
                message("m1", **known),
                message("m2", **known | {"provider_id": "SM2"}, created_at=yesterday),
                message("m3", **known | {"provider_id": ""}),
                message("m4", **known | {"provider_id": "SM4"}, direction="in"),
                message("m5", **known | {"provider_id": "SM5", "address": "B"}),
                message("m6", **known | {"provider_id": "SM6", "channel": "other"}),
                message("m7", **known | {"provider_id": "SM7"}, updated_at=yesterday),
            ]
        )
        assert transaction.messages.provider_ids("sms", "A", NOON - SECOND) == {"SM1", "SM2"}


def test_what_was_sent_just_now_is_known_however_long_ago_it_came_to_be_owed(storage: Storage) -> None:
    """Or an equal message to the same address that is unknown would be taken for it."""
    long_ago = NOON - timedelta(days=9)
    with storage.transaction() as transaction:
        owe(transaction, message("m1", address="A", created_at=long_ago, updated_at=long_ago), at=long_ago)
        (claimed,) = transaction.outbox.claim(NOON, 1, ["sms"])
        transaction.outbox.sent_many([(claimed.message, "SM1")], NOON)

        assert transaction.messages.provider_ids("sms", "A", NOON - SECOND) == {"SM1"}


def test_what_was_said_to_anybody_in_a_thread_is_known(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for number, thread in enumerate(["C1:1.0", "C1:1.0", "C1:2.0", ""]):
            place = {"channel": "slack", "address": f"U{number}", "thread": thread}
            transaction.messages.add([message(f"m{number}", provider_id=f"C1:{number}", **place)])

        assert transaction.messages.provider_ids("slack", "U0", NOON, "C1:1.0") == {"C1:0", "C1:1"}
        assert transaction.messages.provider_ids("slack", "U3", NOON) == {"C1:3"}


@pytest.mark.parametrize(
    ("tried_at", "redone"), [(NOON - SECOND, True), (NOON, False), (None, False)], ids=["before", "then", "never"]
)
def test_a_message_that_was_tried_before_it_was_made_is_made_again(
    storage: Storage, tried_at: datetime | None, redone: bool
) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1"))
        transaction.outbox.claim(NOON, 1, ["sms"])
        transaction.outbox.unknown("m1", NOON, doubted=True, tried_at=tried_at)
        (claimed,) = transaction.outbox.claim(NOON, 1, ["sms"])

    assert (claimed.doubted, claimed.redone, claimed.first_tried_at) == (True, redone, tried_at or NOON)


def test_the_last_message_of_a_communication_is_the_one_owed_last(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, *(message(id, communication="one") for id in ("z", "a")), message("b", communication="two"))
        owe(transaction, message("m", communication="one"))
        transaction.messages.add([message("heard", communication="one", direction="in")])

        assert transaction.messages.last_said(["one", "two", "none"]) == {"one": "m", "two": "b"}


@pytest.mark.parametrize(
    ("status", "is_open", "withdrawn"),
    [("started", True, False), ("completed", False, False), ("canceled", False, True), ("no_response", False, True)],
)
def test_a_claimed_message_is_withdrawn_if_its_communication_ended_uncompleted(
    storage: Storage, status: str, is_open: bool, withdrawn: bool
) -> None:
    with storage.transaction() as transaction:
        others = communication("two", status="canceled", is_open=False)  # the end of which is nothing to this one
        transaction.communications.add([communication("one", status=status, is_open=is_open), others])
        owe(transaction, message("m1", communication="one"))
        (claimed,) = transaction.outbox.claim(NOON, 1, ["sms"])
    assert claimed.withdrawn is withdrawn


def test_what_a_callback_said_before_the_send_became_unknown_is_told_with_the_next_claim(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1"))
        transaction.outbox.claim(NOON, 1, ["sms"])
        transaction.messages.save_status(
            [{"id": "m1", "status": "sent", "rank": 4, "error": "", "updated_at": NOON}],
        )
        transaction.messages.record_providers({"m1": "SM1"})
        transaction.outbox.unknown("m1", NOON)
        (again,) = transaction.outbox.claim(NOON, 1, ["sms"])
    assert (again.was_unknown, again.status, again.provider_id) == (True, "sent", "SM1")
