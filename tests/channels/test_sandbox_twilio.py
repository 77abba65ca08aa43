"""The look-alike of Twilio, spoken to by Twilio's SDK and checked by Twilio's validator."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from channels.sandbox import Ending, SayRefused, Webhooks
from channels.sandbox.courier import MAX_TRIES
from channels.sandbox.twilio_api import segments
from tests.channels.sandbox_gateway import ACCOUNT, ANNA, MAX, NUMBER, START, TOKEN, House, house


async def with_sdk(at: House, call: Callable[[Client], Any], token: str = TOKEN) -> Any:
    """The SDK's blocking client in a thread, pointed at the sandbox."""
    http = TwilioHttpClient(timeout=5)
    client = Client(ACCOUNT, token, http_client=http)
    client.api.base_url = f"{at.url}/sandbox/twilio/sms"
    try:
        return await asyncio.to_thread(call, client)
    finally:
        if http.session is not None:
            http.session.close()


async def send(at: House, to: str = ANNA, text: str = "Hello", **more: Any) -> Any:
    """One message through the SDK."""
    return await with_sdk(at, lambda client: client.messages.create(to=to, from_=NUMBER, body=text, **more))


async def test_a_sent_message_is_called_back_signed_until_delivered() -> None:
    async with house() as at:
        message = await send(at, status_callback=at.callback)
        assert (message.status, message.num_segments, message.direction) == ("queued", "1", "outbound-api")
        await at.run()

        assert at.door.statuses() == ["queued", "sent", "delivered"]
        assert {form["MessageSid"] for form in at.door.forms} == {message.sid}
        fetched = await with_sdk(at, lambda client: client.messages(message.sid).fetch())
        assert (fetched.status, fetched.body, fetched.to) == ("delivered", "Hello", ANNA)
        assert at.sandbox.owed == 0


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"to": "", "from_": NUMBER, "body": "x"}, 21604),
        ({"to": "12", "from_": NUMBER, "body": "x"}, 21211),
        ({"to": ANNA, "body": "x"}, 21603),
        ({"to": ANNA, "from_": MAX, "body": "x"}, 21606),
        ({"to": ANNA, "from_": NUMBER}, 21602),
        ({"to": ANNA, "from_": NUMBER, "body": "x" * 1601}, 21617),
        ({"to": ANNA, "from_": NUMBER, "body": "x", "status_callback": "gopher://x"}, 21609),
    ],
)
async def test_what_twilio_refuses_is_refused_with_its_code(asked: dict[str, str], code: int) -> None:
    async with house() as at:
        with pytest.raises(TwilioRestException) as refused:
            await with_sdk(at, lambda client: client.messages.create(**asked))
        assert (refused.value.status, refused.value.code) == (400, code)
        assert at.sandbox.transcript(ANNA) == ()


async def test_a_wrong_token_is_told_20003() -> None:
    async with house() as at:
        with pytest.raises(TwilioRestException) as refused:
            await with_sdk(at, lambda client: client.messages("SM1").fetch(), token="wrong")
        assert (refused.value.status, refused.value.code) == (401, 20003)


async def test_an_unknown_message_is_told_20404() -> None:
    async with house() as at:
        with pytest.raises(TwilioRestException) as refused:
            await with_sdk(at, lambda client: client.messages("SM1").fetch())
        assert (refused.value.status, refused.value.code) == (404, 20404)


async def test_stop_blocks_sends_until_start() -> None:
    async with house() as at:
        at.sandbox.twilio("sms").say(ANNA, " stop ")
        with pytest.raises(TwilioRestException) as refused:
            await send(at)
        assert refused.value.code == 21610
        at.sandbox.twilio("sms").say(ANNA, "Start")
        assert (await send(at)).status == "queued"
        assert "unsubscribed" in at.sandbox.transcript(ANNA)[1]["text"]


async def test_what_a_person_writes_arrives_signed_with_all_parameters() -> None:
    async with house() as at:
        at.sandbox.twilio("sms").say(ANNA, "ja, gern 👍 ")
        await at.settle()
        [form] = at.door.forms
        assert (form["From"], form["To"], form["Body"]) == (ANNA, NUMBER, "ja, gern 👍 ")
        assert form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"]
        assert (form["NumMedia"], form["SmsStatus"], form["AccountSid"]) == ("0", "received", ACCOUNT)


async def test_two_texts_of_one_person_arrive_in_order_even_if_the_first_is_refused_a_while() -> None:
    async with house() as at:
        at.door.refuse = 3
        at.sandbox.twilio("sms").say(ANNA, "one")
        at.sandbox.twilio("sms").say(ANNA, "two")
        await at.run()
        assert [form["Body"] for form in at.door.forms] == ["one", "two"]


@pytest.mark.parametrize("text", ["", "x" * 1600])
async def test_a_text_may_be_empty_or_1600_long(text: str) -> None:
    async with house() as at:
        at.sandbox.twilio("sms").say(ANNA, text)
        await at.settle()
        assert at.door.forms[0]["Body"] == text


@pytest.mark.parametrize(("phone", "text"), [("0151", "x"), (NUMBER, "x"), (ANNA, "x" * 1601)])
async def test_what_no_phone_could_send_is_refused(phone: str, text: str) -> None:
    async with house() as at:
        with pytest.raises(SayRefused):
            at.sandbox.twilio("sms").say(phone, text)


@pytest.mark.parametrize(
    ("ending", "statuses", "last"),
    [
        (Ending(ANNA, "failed", 30007), ["queued", "failed"], "30007"),
        (Ending(ANNA, "undelivered", 30003), ["queued", "sent", "undelivered"], "30003"),
        (Ending(ANNA, "sent"), ["queued", "sent"], None),
    ],
)
async def test_a_chosen_number_ends_as_told(ending: Ending, statuses: list[str], last: str | None) -> None:
    async with house() as at:
        at.sandbox.channel("sms").behaviour.end(ending)
        await send(at, status_callback=at.callback)
        await at.run()
        assert at.door.statuses() == statuses
        assert at.door.forms[-1].get("ErrorCode") == last
        assert at.sandbox.transcript(ANNA)[0]["status"] == statuses[-1]


async def test_callbacks_come_shuffled_and_twice_when_told() -> None:
    async with house() as at:
        at.sandbox.channel("sms").behaviour.webhooks = Webhooks(twice=True, shuffled=True)
        await send(at, status_callback=at.callback)
        await at.run()
        statuses = at.door.statuses()
        assert sorted(statuses) == sorted(["queued", "sent", "delivered"] * 2)
        assert statuses[::2] == statuses[1::2] != ["queued", "sent", "delivered"]


@pytest.mark.parametrize(("lost", "heard"), [(("inbound",), 3), (("status",), 1), (("inbound", "status"), 0)])
async def test_lost_webhooks_never_leave_though_the_list_shows_all(lost: Any, heard: int) -> None:
    async with house() as at:
        at.sandbox.channel("sms").behaviour.webhooks = Webhooks(lost=lost)
        await send(at, status_callback=at.callback)
        at.sandbox.twilio("sms").say(ANNA, "hello")
        await at.run()
        assert len(at.door.forms) == heard
        at.clock.advance_to(START + timedelta(minutes=1))
        found = await with_sdk(at, lambda client: client.messages.list())
        assert [one.status for one in found] == ["received", "delivered"]


async def test_late_callbacks_come_late_though_the_message_is_long_delivered() -> None:
    async with house() as at:
        at.sandbox.channel("sms").behaviour.webhooks = Webhooks(late=60)
        await send(at, status_callback=at.callback)
        await at.run(until_seconds=59)
        assert at.door.statuses() == []
        at.clock.advance_to(START + timedelta(seconds=59))
        assert at.sandbox.transcript(ANNA)[0]["status"] == "delivered"
        await at.run()
        assert at.door.statuses() == ["queued", "sent", "delivered"]


async def test_the_list_filters_and_pages_as_the_sdk_asks() -> None:
    async with house() as at:
        sent = [(await send(at, text=f"n{number}")).sid for number in range(5)]
        await send(at, to=MAX)
        at.sandbox.twilio("sms").say(ANNA, "in")
        found = await with_sdk(at, lambda client: client.messages.list(to=ANNA, page_size=2))
        assert [message.sid for message in found] == sent[::-1]
        after = {"to": ANNA, "date_sent_after": datetime(2026, 3, 3, tzinfo=UTC)}
        assert await with_sdk(at, lambda client: client.messages.list(**after)) == []
        today = await with_sdk(at, lambda client: client.messages.list(from_=ANNA, date_sent=date(2026, 3, 2)))
        assert [message.direction for message in today] == ["inbound"]


async def test_a_messaging_service_accepts_without_a_sender() -> None:
    async with house() as at:
        asked = {"to": ANNA, "messaging_service_sid": "MG" + "1" * 32, "body": "x"}
        message = await with_sdk(at, lambda client: client.messages.create(**asked))
        assert (message.status, message.messaging_service_sid) == ("accepted", "MG" + "1" * 32)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 159 + "\u2019", 3),
        ("a" * 150 + "€" * 10, 2),
        ("é" * 160, 1),
        ("👍" * 35, 1),
    ],
)
def test_segments_are_counted_as_carriers_do(text: str, parts: int) -> None:
    assert segments(text) == parts


async def test_restarted_from_its_journal_it_owes_what_it_owed(tmp_path: Path) -> None:
    journal = tmp_path / "deep" / "sandbox.jsonl"
    async with house(journal) as at:
        at.door.refuse = 10_000
        sid = (await send(at, status_callback=at.callback)).sid
        at.sandbox.twilio("sms").say(MAX, "STOP")
        await at.settle()
        before, owed = at.sandbox.transcript(MAX), at.sandbox.owed
    async with house(journal, port=at.port) as again:
        assert (again.sandbox.transcript(MAX), again.sandbox.owed) == (before, owed)
        assert (await with_sdk(again, lambda client: client.messages(sid).fetch())).status == "queued"
        with pytest.raises(TwilioRestException, match="unsubscribed"):
            await send(again, to=MAX)


async def test_a_webhook_nobody_ever_answers_is_given_up_and_counted() -> None:
    async with house() as at:
        at.door.refuse = MAX_TRIES
        at.sandbox.twilio("sms").say(ANNA, "hello?")
        at.sandbox.twilio("sms").say(ANNA, "there?")
        await at.run(until_seconds=10_000)
        assert [form["Body"] for form in at.door.forms] == ["there?"]
        assert (at.sandbox.owed, at.sandbox.snapshot()["lost"]) == (0, 1)
