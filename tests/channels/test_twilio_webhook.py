"""What messages and status callbacks say."""

import pytest

from channels.base import Answer, InboundMessage, KeptRequest, Receipt, Received
from channels.errors import WebhookRefused
from channels.twilio.words import consent_of
from tests.channels.signing import (
    MESSAGE_ID,
    MESSAGE_SID,
    PUBLIC_URL,
    inbound_pairs,
    payload,
    sms,
    twilio_request,
)

NOT_OURS = ("1", MESSAGE_ID.upper(), MESSAGE_ID[1:], MESSAGE_ID + "0")  # ids of ours have 32 digits of their own kind


def read(**changes: str) -> InboundMessage:
    (item,) = sms().receive(twilio_request(inbound_pairs(**changes))).items
    assert isinstance(item, InboundMessage)
    return item


def status(told: str, query: str = "?m=" + MESSAGE_ID, **more: str) -> Received:
    pairs = payload("twilio_status") | {"MessageStatus": told} | more
    return sms().receive(twilio_request(list(pairs.items()), "status", query))


def test_a_message_is_read_and_answered_with_empty_twiml() -> None:
    received = sms().receive(twilio_request(inbound_pairs()))
    assert received.items == (InboundMessage(MESSAGE_SID, "+15558675310", "Hello 👍 ñ 你 "),)
    assert received.answer == Answer(200, "text/xml", b"<Response/>")


@pytest.mark.parametrize(
    "sender", ["12345", "MyBrand", "whatsapp:+15558675310", "whatsapp:CC.abc_1", "messenger:1234567890", "rcs:agent"]
)
def test_other_kinds_of_senders_are_addresses_too(sender: str) -> None:
    assert read(From=sender).address == sender


@pytest.mark.parametrize("sender", ["+1234", "+123456789012345", "x" * 100, "rcs:" + "x" * 100])
def test_the_longest_and_shortest_addresses_are_taken(sender: str) -> None:
    assert read(From=sender).address == sender


@pytest.mark.parametrize("sender", ["", "+123", "+1234567890123456", "x" * 101, "rcs:" + "x" * 101, "a\nb"])
def test_what_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(WebhookRefused, match="no From"):
        read(From=sender)


def test_a_text_no_database_keeps_is_mended() -> None:
    assert read(Body="a\x00b").text == "a�b"


def test_an_empty_text_is_a_message() -> None:
    assert read(Body="").text == ""


@pytest.mark.parametrize(
    ("text", "consent"),
    [
        *[(word, "stop") for word in ("STOP", "stopall", "Unsubscribe", "CANCEL", "end", "QUIT", "REVOKE", "OPTOUT")],
        *[(word, "start") for word in ("START", " yes ", "UNSTOP\n")],
        *[(word, "help") for word in ("HELP", "info")],
        *[(word, "") for word in ("", "stop it", "yes please", "STOP.", "opt out", "ende", "don't stop")],
    ],
)
def test_a_single_reserved_word_is_consent(text: str, consent: str) -> None:
    assert read(Body=text).consent == consent


@pytest.mark.parametrize(("told", "consent"), [("STOP", "stop"), ("START", "start"), ("HELP", "help"), ("NEW", "")])
def test_what_twilio_took_for_an_opt_out_counts_above_the_words(told: str, consent: str) -> None:
    assert read(Body="YES", OptOutType=told).consent == consent
    assert consent_of("arret", told) == consent


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("accepted", "accepted"),
        ("scheduled", "accepted"),
        ("queued", "queued"),
        ("sending", "sending"),
        ("sent", "sent"),
        ("canceled", "canceled"),
        ("failed", "failed"),
        ("undelivered", "undelivered"),
        ("delivered", "delivered"),
        ("partially_delivered", "delivered"),
        ("read", "read"),
    ],
)
def test_a_status_is_a_receipt_for_our_message(told: str, kept: str) -> None:
    received = status(told)
    assert received.items == (Receipt(f"{MESSAGE_SID}:{told}", MESSAGE_ID, MESSAGE_SID, kept),)
    assert received.answer == Answer(200, "", b"")


@pytest.mark.parametrize("told", ["", "receiving", "received", "beamed", "DELIVERED"])
def test_an_unknown_status_is_answered_and_says_nothing(told: str) -> None:
    assert status(told) == Received()


def test_a_failure_tells_its_code() -> None:
    (item,) = status("undelivered", ErrorCode="30003").items
    assert isinstance(item, Receipt)
    assert item.error == "30003"


@pytest.mark.parametrize(
    "query", ["", "?m=", *(f"?m={id}" for id in NOT_OURS), f"?m={MESSAGE_ID}&m={MESSAGE_ID}", f"?n={MESSAGE_ID}"]
)
def test_a_callback_without_an_id_of_ours_names_only_twilios(query: str) -> None:
    (item,) = status("sent", query).items
    assert isinstance(item, Receipt)
    assert (item.message, item.provider_id) == ("", MESSAGE_SID)


async def test_nothing_is_kept_to_be_read_later() -> None:
    assert await sms().read(KeptRequest("k", "+1", "inbound", "Body=hi")) == ()


def test_a_fragment_in_the_public_url_is_not_part_of_the_address() -> None:
    assert sms(public_url=PUBLIC_URL + "/#rc=5").receive(twilio_request(inbound_pairs())).items
