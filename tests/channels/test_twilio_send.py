"""Sending over the real SDK to a Twilio that behaves as told."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from channels.base import OutboundMessage, Sent
from channels.errors import ChannelDown, ChannelError, SendRefused, SendThrottled, SendUnknown, Withheld
from channels.twilio.adapter import TwilioSms
from tests.channels.failing import told
from tests.channels.provider import PATIENCE, Provider
from tests.channels.signing import ACCOUNT_SID, MESSAGE_ID, PUBLIC_URL, TOKEN, payload, sms

MESSAGE = OutboundMessage(MESSAGE_ID, "+15558675310", "Hi there")
SID = "SM" + "2" * 32
SERVICE = "MG" + "3" * 32


@pytest.fixture
async def channel(provider: Provider) -> AsyncIterator[TwilioSms]:
    channel = sms(api_url=provider.url, timeout_seconds=PATIENCE)
    yield channel
    await channel.close()


async def failure(channel: TwilioSms, message: OutboundMessage = MESSAGE) -> ChannelError:
    with pytest.raises(ChannelError) as error:
        await channel.send(message)
    return error.value


async def test_a_message_is_created_with_our_id_in_its_callback(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(payload("twilio_message"), 201)
    assert await channel.send(MESSAGE) == Sent(SID, "queued")
    (heard,) = provider.heard
    assert heard["path"] == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    assert heard["headers"]["Authorization"] == "Basic " + b64encode(f"{ACCOUNT_SID}:{TOKEN}".encode()).decode()
    assert heard["body"] == {
        "To": "+15558675310",
        "From": "+15550001111",
        "Body": "Hi there",
        "StatusCallback": f"{PUBLIC_URL}/webhooks/sms/status?m={MESSAGE_ID}",
    }


@pytest.mark.parametrize("text", ["50 % of a+b=c & d; é, 👍?", "%41%2B+", "two\r\nlines #1/2", "'\"<~>\t\x7f\x00", " "])
async def test_a_text_arrives_as_it_stands(text: str, provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(payload("twilio_message"), 201)
    await channel.send(replace(MESSAGE, text=text))
    assert provider.heard[0]["body"]["Body"] == text


async def test_a_messaging_service_sends_instead_of_a_number(provider: Provider) -> None:
    provider.will_answer(payload("twilio_message") | {"status": "accepted"}, 201)
    channel = sms(api_url=provider.url, sender=SERVICE)
    assert await channel.send(MESSAGE) == Sent(SID, "accepted")
    await channel.close()
    assert provider.heard[0]["body"]["MessagingServiceSid"] == SERVICE
    assert "From" not in provider.heard[0]["body"]


async def test_the_first_token_signs_in(provider: Provider) -> None:
    provider.will_answer(payload("twilio_message"), 201)
    channel = sms(api_url=provider.url, auth_tokens=("new", TOKEN))
    await channel.send(MESSAGE)
    await channel.close()
    assert provider.heard[0]["headers"]["Authorization"].endswith(b64encode(f"{ACCOUNT_SID}:new".encode()).decode())


async def test_an_environment_for_another_region_has_no_effect(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    provider.will_answer(payload("twilio_message"), 201)
    channel = sms(api_url=provider.url)
    await channel.send(MESSAGE)
    await channel.close()
    assert len(provider.heard) == 1


REFUSED = [
    (400, 21610, SendRefused("21610", "opted out", skipped=True)),
    (400, 21211, SendRefused("21211", "not a phone number")),
    (400, 21614, SendRefused("21614", "not a mobile number")),
    (403, 21612, SendRefused("21612", "the recipient can't be reached from this sender")),
    (400, 29999, SendRefused("29999", "refused by Twilio", told="Unable to create record: told")),
    (400, 21611, SendThrottled(60.0, "21611")),
    (400, 30001, SendThrottled(60.0, "30001")),
    (400, 14107, SendThrottled(1.0, "14107")),
    (429, 20429, SendThrottled(1.0, "20429")),
    (401, 20003, ChannelDown("20003", "wrong credentials")),
    (403, 20003, ChannelDown("20003", "wrong credentials")),
    (404, 20404, ChannelDown("20404", "no such account")),
    (400, 30002, ChannelDown("30002", "the account is suspended")),
    (403, 29999, ChannelDown("29999", "refused by Twilio", told="Unable to create record: told")),
    (500, 20500, SendUnknown("HTTP 500")),
    (503, 20003, SendUnknown("HTTP 503")),
    (408, 0, SendUnknown("HTTP 408")),
    (302, 0, SendUnknown("HTTP 302")),
]


@pytest.mark.parametrize(("status", "code", "expected"), REFUSED)
async def test_what_twilio_says_decides_what_becomes_of_the_message(
    status: int, code: int, expected: ChannelError, provider: Provider, channel: TwilioSms
) -> None:
    provider.will_answer({"code": code, "message": "told", "status": status}, status)
    assert told(await failure(channel)) == told(expected)
    assert len(provider.heard) == 1


async def test_a_problem_in_the_newer_form_is_understood_too(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer({"type": "x", "title": "told", "status": 400, "code": 21610}, 400)
    assert told(await failure(channel)) == told(SendRefused("21610", "opted out", skipped=True))


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0", 1.0), ("", 1.0), ("soon", 1.0), ("-3", 1.0), ("99999999", 3600.0)]
)
async def test_429_waits_as_told(header: str, seconds: float, provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer("slow down", 429, **{"Retry-After": header})
    assert told(await failure(channel)) == told(SendThrottled(seconds, "429"))


async def test_a_redirect_is_not_followed(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer({}, 307, Location="/elsewhere")
    assert isinstance(await failure(channel), SendUnknown)
    assert len(provider.heard) == 1


@pytest.mark.parametrize("body", ["", "{}", "[]", "null", "<html>", '{"sid": null}'])
async def test_a_2xx_that_says_nothing_is_unknown(body: str, provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(body, 201)
    assert isinstance(await failure(channel), SendUnknown)


@pytest.mark.parametrize("mood", ["hang", "drop"])
async def test_no_answer_is_unknown_and_not_sent_twice(mood: str, provider: Provider, channel: TwilioSms) -> None:
    provider.mood = mood
    provider.will_answer({})
    assert isinstance(await failure(channel), SendUnknown)
    assert len(provider.heard) == 1


async def test_a_refused_connection_sent_nothing(unused_tcp_port: int) -> None:
    channel = sms(api_url=f"http://127.0.0.1:{unused_tcp_port}")
    assert isinstance(await failure(channel), SendThrottled)
    await channel.close()


async def test_a_text_over_the_limit_is_refused_with_the_limit(channel: TwilioSms) -> None:
    error = await failure(channel, replace(MESSAGE, text="x" * 1601))
    assert told(error) == told(Withheld("21617", "the text has 1601 characters, at most 1600 can be sent"))


async def test_many_sends_at_once_get_their_own_answers_over_few_connections(provider: Provider) -> None:
    sids = [f"SM{number:032}" for number in range(50)]
    for sid in sids:
        provider.will_answer(payload("twilio_message") | {"sid": sid}, 201)
    channel = sms(api_url=provider.url)
    sent = await asyncio.gather(*[channel.send(MESSAGE) for _ in range(25)])
    sent += await asyncio.gather(*[channel.send(MESSAGE) for _ in range(25)])
    await channel.close()
    assert sorted(one.provider_id for one in sent) == sids
    assert len(provider.connections) <= 25


async def test_a_closed_channel_opens_again(provider: Provider, channel: TwilioSms) -> None:
    provider.will_answer(payload("twilio_message"), 201)
    for _ in range(2):
        await channel.send(MESSAGE)
        await channel.close()
    assert len(provider.heard) == 2


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_a_timeout_must_be_positive(seconds: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        sms(timeout_seconds=seconds)
