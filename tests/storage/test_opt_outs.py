"""Opt-outs: each address on each channel for itself, and the last word holds."""

from storage.database import Storage
from tests.storage.rows import NOON, SECOND

PLACES = [("sms", "+1"), ("sms", "+2"), ("slack", "+1")]


def test_taking_back_a_stop_frees_one_address_on_one_channel(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for channel, address in PLACES:
            transaction.opt_outs.put(channel, address, "STOP", NOON)

        transaction.opt_outs.remove("sms", "+1", NOON)
        assert transaction.opt_outs.among(PLACES) == {("sms", "+2"), ("slack", "+1")}


def test_a_start_takes_back_the_stops_said_until_then_and_none_said_later(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for seconds, channel in enumerate(("sms", "slack", "other")):
            transaction.opt_outs.put(channel, "+1", "STOP", NOON + seconds * SECOND)
            transaction.opt_outs.remove(channel, "+1", NOON + SECOND)

        said = [(channel, "+1") for channel in ("sms", "slack", "other")]
        assert transaction.opt_outs.among(said) == {("other", "+1")}


def test_of_several_stops_the_last_word_and_its_moment_are_kept(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.opt_outs.put("sms", "+1", "STOP", NOON)
        transaction.opt_outs.put("sms", "+1", "ENDE", NOON + SECOND)
        person = transaction.traces.stranger([("phone", "+1")])
        (row,) = transaction.traces.rows(person)["opt_out"]

    assert (row["channel"], row["address"], row["word"], row["at"]) == ("sms", "+1", "ENDE", NOON + SECOND)


def test_nobody_is_opted_out_who_was_not_asked_about(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.opt_outs.put("sms", "+1", "STOP", NOON)

        assert transaction.opt_outs.among([]) == set()
        assert transaction.opt_outs.among([("sms", "+2"), ("slack", "+1")]) == set()


def test_an_opt_out_is_told_by_its_place(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.opt_outs.put("sms", "+1", "STOP", NOON)

        assert transaction.opt_outs.get("sms", "+1") == {"channel": "sms", "address": "+1", "word": "STOP", "at": NOON}
        assert transaction.opt_outs.get("slack", "+1") is None
