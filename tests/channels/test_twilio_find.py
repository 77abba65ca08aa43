"""Asking Twilio whether it has a message."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from channels.base import OutboundMessage, Sent
from channels.errors import ChannelDown, SendUnknown
from channels.twilio.adapter import TwilioSms
from channels.twilio.messages import LOOK_BACK_MESSAGES
from tests.channels.provider import PATIENCE, Provider
from tests.channels.signing import MESSAGE_ID, NOW, payload, sms

NONE: frozenset[str] = frozenset()
MESSAGE = OutboundMessage(MESSAGE_ID, "+15558675310", "Hi there")
SERVICE = "MG" + "3" * 32


@pytest.fixture
async def channel(provider: Provider) -> AsyncIterator[TwilioSms]:
    channel = sms(api_url=provider.url, timeout_seconds=PATIENCE)
    yield channel
    await channel.close()


def listed(*messages: dict[str, Any], next_page: str | None = None) -> dict[str, Any]:
    return {"messages": list(messages), "next_page_uri": next_page, "page": 0, "page_size": 200}


def message(age: float = 0.0, sender: str | None = "+15550001111", **changes: Any) -> dict[str, Any]:
    made = format_datetime(NOW - timedelta(seconds=age))
    return payload("twilio_message") | {"date_created": made, "from": sender} | changes


async def test_a_message_is_found_by_recipient_sender_and_text(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(listed(message(body="other"), message(sid="SM1", status="sent"), message(7200)))
    assert await channel.find(MESSAGE, NOW, NONE) == Sent("SM1", "sent")
    assert provider.heard[0]["query"] == {"To": "+15558675310", "PageSize": str(LOOK_BACK_MESSAGES)}


@pytest.mark.parametrize(
    "other",
    [
        message(61),
        message(body="Hi"),
        message(sender="+15550002222"),
        message(sender=None, messaging_service_sid=SERVICE),
        message(body=None),
    ],
    ids=["too old", "other text", "other sender", "a service", "redacted"],
)
async def test_another_message_is_not_ours(other: dict[str, Any], provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(listed(other))
    assert await channel.find(MESSAGE, NOW, NONE) is None


async def test_a_minute_of_clock_skew_is_allowed(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(listed(message(60, status="brand_new")))
    assert await channel.find(MESSAGE, NOW, NONE) == Sent(payload("twilio_message")["sid"], "accepted")


async def test_an_equal_message_that_we_know_already_is_never_taken_for_the_lost_one(
    provider: Provider, channel: TwilioSms
) -> None:
    provider.will_answer(listed(message(30, sid="SM1")))
    assert await channel.find(MESSAGE, NOW, frozenset({"SM1"})) is None


async def test_the_lost_message_is_the_one_of_several_equal_ones_that_we_do_not_know(
    provider: Provider, channel: TwilioSms
) -> None:
    provider.will_answer(listed(message(0, sid="SM2"), message(30, sid="SM1")))
    assert await channel.find(MESSAGE, NOW, frozenset({"SM1"})) == Sent("SM2", "queued")


async def test_of_several_equal_ones_that_nobody_knows_each_is_taken_once_the_oldest_first(
    provider: Provider, channel: TwilioSms
) -> None:
    """After a restore: what was said twice since the backup is owed twice, and each is one of the two."""
    provider.will_answer(listed(message(0, sid="SM2"), message(30, sid="SM1")))
    found = [await channel.find(MESSAGE, NOW, frozenset(known)) for known in ((), ("SM1",), ("SM1", "SM2"))]
    assert found == [Sent("SM1", "queued"), Sent("SM2", "queued"), None]


async def test_a_messaging_service_is_matched_by_its_own_field(provider: Provider) -> None:
    provider.will_answer(listed(message(sender="+1", messaging_service_sid=SERVICE)))
    channel = sms(api_url=provider.url, sender=SERVICE)
    assert await channel.find(MESSAGE, NOW, NONE)
    await channel.close()


async def test_further_pages_are_read_from_the_same_address(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(listed(message(body="other"), next_page="/2010-04-01/next.json?Page=1"))
    provider.will_answer(listed(message(sid="SM9")))
    assert await channel.find(MESSAGE, NOW, NONE) == Sent("SM9", "queued")
    assert [heard["path"] for heard in provider.heard][1] == "/2010-04-01/next.json"


async def test_a_list_too_short_to_tell_is_unknown(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(listed(*[message(body="other")] * LOOK_BACK_MESSAGES))
    with pytest.raises(SendUnknown, match=str(LOOK_BACK_MESSAGES)):
        await channel.find(MESSAGE, NOW, NONE)


async def test_wrong_credentials_say_nothing_of_the_message(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer('{"code": 20003, "message": "Authenticate"}', 401)
    with pytest.raises(ChannelDown, match="20003 wrong credentials"):
        await channel.find(MESSAGE, NOW, NONE)


@pytest.mark.parametrize(("status", "body"), [(500, "{}"), (429, "{}"), (400, '{"code": 20001}'), (200, "<html>")])
async def test_where_twilio_can_not_tell_neither_can_we(
    status: int, body: str, provider: Provider, channel: TwilioSms
) -> None:
    provider.will_answer(body, status)
    with pytest.raises(SendUnknown):
        await channel.find(MESSAGE, NOW, NONE)


@pytest.mark.parametrize("mood", ["hang", "drop"])
async def test_no_answer_to_the_question_is_unknown(mood: str, provider: Provider, channel: TwilioSms) -> None:
    provider.mood = mood
    provider.will_answer({})
    with pytest.raises(SendUnknown):
        await channel.find(MESSAGE, NOW, NONE)
