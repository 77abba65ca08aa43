"""What a stop withdraws: what was owed before it to that address on that channel, in the batch and in the database."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.batch import Batch, Consent, canceled_row, consent_of
from gateway.incoming import outcome_event
from gateway.writing import write_opt_outs
from rules.statuses import message_rank
from storage.database import Storage
from storage.values import About, NewEvent, WaitingEvent
from tests.storage.rows import NOON, message, owe

SAID, LATER = NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)
SCENES: Any = None  # nothing is asked about customers here
PLACES = [("m1", "sms", "A"), ("m2", "sms", "B"), ("m3", "slack", "A"), ("m4", "sms", "A")]


def said(**payload: str) -> WaitingEvent:
    return WaitingEvent(7, "key", "message", "lane", payload, 0, SAID)


def stopped(message: str, why: str) -> NewEvent:
    """The news that a message is not sent."""
    return outcome_event(message, "sms", "canceled", why, LATER, skipped=True)


def batch() -> Batch:
    owed = [{"message": id, "channel": channel, "address": address} for id, channel, address in PLACES]
    return Batch(SCENES, LATER, owed=owed, events=[NewEvent("other", "timer", About("lane", "x"), {}, NOON)])


def test_a_stop_withdraws_what_its_own_batch_owed_to_the_address_until_then() -> None:
    gathered = batch()
    gathered.hold(said(consent="stop", channel="sms", address="A"))

    assert [row["message"] for row in gathered.owed] == ["m2", "m3"]
    assert gathered.events[1:] == [stopped("m1", "opted out"), stopped("m4", "opted out")]
    assert gathered.events[0].key == "other"
    assert (gathered.consents, gathered.held) == ([Consent("sms", "A", "stop", SAID)], [7])


@pytest.mark.parametrize(
    "payload",
    [
        {"consent": "start", "channel": "sms", "address": "A"},
        {"consent": "help", "channel": "sms", "address": "A"},
        {"consent": "", "channel": "sms", "address": "A"},
        {"channel": "sms", "address": "A"},
        {"consent": "stop", "address": "A"},
        {"consent": "stop", "channel": "sms"},
    ],
)
def test_nothing_else_withdraws_anything(payload: dict[str, str]) -> None:
    gathered = batch()
    gathered.hold(said(**payload))

    assert (len(gathered.owed), len(gathered.events), gathered.held) == (4, 1, [7])
    start = [Consent("sms", "A", "start", SAID)] if payload.get("consent") == "start" else []
    assert gathered.consents == start


def test_what_a_message_says_of_being_written_to_is_told_with_when_it_came() -> None:
    assert consent_of(said(consent="stop", channel="sms", address="A")) == Consent("sms", "A", "stop", SAID)
    assert consent_of(said(text="hello")) is None


@pytest.mark.parametrize(("word", "why"), [("stop", "opted out"), ("rules", "stopped by the rules")])
def test_a_stop_withdraws_what_the_database_owes_to_the_address_and_tells_why(
    storage: Storage, word: str, why: str
) -> None:
    asked = {(channel, address) for _, channel, address in PLACES}
    with storage.transaction() as t:
        owe(t, *(message(id, address, channel=channel) for id, channel, address in PLACES))
        write_opt_outs(t, [Consent("sms", "A", word, SAID)], LATER)
        assert t.opt_outs.among(asked) == {("sms", "A")}
        assert [row.message for row in t.outbox.claim(LATER, 9, ("sms", "slack"))] == ["m2", "m3"]
        told = t.inbox.waiting(9)

    expected = [stopped("m1", why), stopped("m4", why)]
    assert [(event.key, event.payload) for event in told] == [(event.key, event.payload) for event in expected]
    assert [event.received_at for event in told] == [LATER, LATER]


def test_the_last_word_holds_by_when_it_was_said_and_not_by_when_it_was_written(storage: Storage) -> None:
    asked = [("sms", "A"), ("sms", "B")]
    with storage.transaction() as t:
        early_start = Consent("sms", "A", "start", NOON)
        write_opt_outs(t, [Consent("sms", "A", "stop", SAID), Consent("sms", "B", "stop", NOON)], LATER)
        write_opt_outs(t, [early_start, Consent("sms", "B", "start", SAID)], LATER)

        assert t.opt_outs.among(asked) == {("sms", "A")}


@pytest.mark.parametrize("why", ["", "opted out"])
def test_a_message_that_is_not_sent_is_canceled_for_good(storage: Storage, why: str) -> None:
    with storage.transaction() as t:
        t.messages.add([message("m1"), message("m2")])
        told = (why,) if why else ()
        t.messages.save_status([canceled_row("m1", LATER, *told)])
        rows = t.messages.by_ids(["m1", "m2"])

    told_of = [tuple(rows[id][name] for name in ("status", "rank", "error", "updated_at")) for id in ("m1", "m2")]
    assert told_of == [("canceled", message_rank("canceled"), why, LATER), ("", 0, "", NOON)]
