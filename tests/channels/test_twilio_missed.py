"""What Twilio keeps and told in vain: read from its lists, it is exactly what its webhooks would have brought."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from channels.base import Receipt
from channels.errors import ChannelDown, ChannelError, SendThrottled, SendUnknown
from channels.twilio import history
from channels.twilio.adapter import TwilioSms
from channels.twilio.history import PAGE_ITEMS
from tests.channels.provider import PATIENCE, Provider
from tests.channels.signing import (
    ACCOUNT_SID,
    MESSAGE_ID,
    MESSAGE_SID,
    NOW,
    inbound_pairs,
    payload,
    sms,
    twilio_request,
)

US, ADA = "+15550001111", "+15558675310"
SERVICE = "MG" + "3" * 32
HOUR = timedelta(hours=1)


@pytest.fixture
async def channel(provider: Provider) -> AsyncIterator[TwilioSms]:
    channel = sms(api_url=provider.url, timeout_seconds=PATIENCE)
    yield channel
    await channel.close()


def written(age: float = 60.0, sender: str | None = ADA, **changes: Any) -> dict[str, Any]:
    """A message of a person as the list shows it, so many seconds old."""
    made = format_datetime(NOW - timedelta(seconds=age))
    shown = {"sid": MESSAGE_SID, "from": sender, "to": US, "direction": "inbound", "status": "received"}
    return payload("twilio_message") | shown | {"date_created": made, "date_sent": made} | changes


def page(*messages: dict[str, Any], next_page: str | None = None) -> dict[str, Any]:
    return {"messages": list(messages), "next_page_uri": next_page, "page": 0, "page_size": PAGE_ITEMS}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Hi there", ADA),
        ("", ADA),
        ("stop", ADA),
        (" START ", ADA),
        ("né\N{WAVING HAND SIGN}\x00", ADA),
        ("Hi", "72345"),
    ],
)
async def test_a_listed_message_is_the_very_message_of_its_webhook(
    text: str, address: str, provider: Provider, channel: TwilioSms
) -> None:
    provider.will_answer(page(written(sender=address, body=text)))
    received = channel.receive(twilio_request(inbound_pairs(Body=text, From=address)))
    assert await channel.missed(NOW - HOUR, NOW) == received.items


async def test_the_list_is_asked_for_the_days_of_the_window_and_for_our_number(
    provider: Provider, channel: TwilioSms
) -> None:
    provider.will_answer(page())
    await channel.missed(NOW - HOUR, NOW)
    asked = {
        "To": US,
        "DateSent>": "2026-11-22T00:00:00Z",
        "DateSent<": "2026-11-23T00:00:00Z",
        "PageSize": str(PAGE_ITEMS),
    }
    assert provider.heard[0]["query"] == asked


@pytest.mark.parametrize(
    "other",
    [
        written(3601),
        written(-1),
        written(direction="outbound-api"),
        written(to="+15550002222"),
        written(sender=None),
    ],
    ids=["before", "after", "ours", "to another number", "from nobody"],
)
async def test_what_is_not_missing_is_left_out(other: dict[str, Any], provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(page(other))
    assert await channel.missed(NOW - HOUR, NOW) == ()


async def test_messages_come_oldest_first_from_all_pages_down_to_the_window(
    provider: Provider, channel: TwilioSms
) -> None:
    provider.will_answer(page(written(1, sid="SM4"), written(2, sid="SM3"), next_page="/next.json?Page=1"))
    provider.will_answer(page(written(3, sid="SM2"), written(7200, sid="SM1"), next_page="/next.json?Page=2"))
    found = await channel.missed(NOW - HOUR, NOW)
    assert ([one.key for one in found], len(provider.heard)) == (["SM2", "SM3", "SM4"], 2)


async def test_a_list_without_end_is_read_to_a_limit(
    provider: Provider, channel: TwilioSms, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(history, "MAX_LISTED", 5)
    provider.will_answer(page(*[written(body="again")] * 2, next_page="/next.json?Page=1"))
    assert len(await channel.missed(NOW - HOUR, NOW)) == 5
    assert (len(provider.heard), "more than 5 messages" in caplog.text, "again" in caplog.text) == (3, True, False)


async def test_a_messaging_service_is_told_from_the_other_numbers_of_the_account(provider: Provider) -> None:
    ours = written(sid="SM9", to="+15550002222", messaging_service_sid=SERVICE)
    provider.will_answer(page(written(), ours))
    channel = sms(api_url=provider.url, sender=SERVICE)
    assert [one.key for one in await channel.missed(NOW - HOUR, NOW)] == ["SM9"]
    assert "To" not in provider.heard[0]["query"]
    await channel.close()


@pytest.mark.parametrize("sent", [30.0, None], ids=["sent just now", "not sent yet"])
async def test_a_message_of_ours_that_waited_in_a_queue_hides_nothing_that_people_wrote(
    sent: float | None, provider: Provider
) -> None:
    """Twilio's list is in the order of DateSent; a messaging service's messages can be listed only among all others."""
    told = format_datetime(NOW - timedelta(seconds=sent)) if sent is not None else None
    queued = written(4 * 3600, direction="outbound-api", messaging_service_sid=SERVICE, date_sent=told)
    provider.will_answer(page(queued, written(60, messaging_service_sid=SERVICE, to=SERVICE)))
    channel = sms(api_url=provider.url, sender=SERVICE)
    assert [one.key for one in await channel.missed(NOW - HOUR, NOW)] == [MESSAGE_SID]
    await channel.close()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, "{}", SendUnknown),
        (429, '{"code": 20429}', SendThrottled),
        (401, '{"code": 20003}', ChannelDown),
        (200, "<html>", SendUnknown),
    ],
)
async def test_where_twilio_can_not_tell_what_is_missing_that_is_said(
    status: int, body: str, error: type[ChannelError], provider: Provider, channel: TwilioSms
) -> None:
    provider.will_answer(body, status)
    with pytest.raises(error):
        await channel.missed(NOW - HOUR, NOW)
    with pytest.raises(error):
        await channel.states({MESSAGE_SID: MESSAGE_ID})


@pytest.mark.parametrize(("status", "code"), [("delivered", None), ("undelivered", 30005), ("failed", 21610)])
async def test_a_state_is_the_very_receipt_of_its_callback(
    status: str, code: int | None, provider: Provider, channel: TwilioSms
) -> None:
    provider.will_answer(payload("twilio_message") | {"status": status, "error_code": code})
    told = {"AccountSid": ACCOUNT_SID, "MessageSid": MESSAGE_SID, "MessageStatus": status}
    pairs = list((told | ({"ErrorCode": str(code)} if code else {})).items())
    received = channel.receive(twilio_request(pairs, "status", f"?m={MESSAGE_ID}"))
    assert await channel.states({MESSAGE_SID: MESSAGE_ID}) == received.items
    assert provider.heard[0]["path"].endswith(f"/Messages/{MESSAGE_SID}.json")


async def test_the_first_question_that_fails_ends_those_beside_it() -> None:
    asked: list[str] = []

    async def one(name: str, ends: bool) -> str:
        asked.append(name)
        if ends:
            raise SendThrottled(30)
        await asyncio.sleep(60)
        return asked.pop()

    with pytest.raises(SendThrottled):
        await history.all_of([one("first", False), one("second", True)])
    assert (asked, asyncio.all_tasks()) == (["first", "second"], {asyncio.current_task()})


async def test_a_message_that_was_deleted_at_twilio_has_no_state(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer('{"code": 20404, "message": "not found"}', 404)
    provider.will_answer(payload("twilio_message") | {"status": "read"})
    assert await channel.states({"SM1": "1", "SM2": "2"}) in [
        (Receipt("SM2:read", "2", "SM2", "read"),),
        (Receipt("SM1:read", "1", "SM1", "read"),),
    ]
