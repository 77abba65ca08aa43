"""The public edge: what is answered 200 is on disk, and nothing else is."""

import asyncio
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.channels.signing import twilio_signature
from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.running import ACCOUNT, FORM, NUMBER, TOKEN, World, running

SID = "SM" + "1" * 32


def inbound(text: str = "hello", sid: str = SID) -> dict[str, str]:
    return {"AccountSid": ACCOUNT, "MessageSid": sid, "From": ADA, "To": NUMBER, "Body": text}


async def nothing_kept(world: World) -> bool:
    await world.quiet()
    return await world.events() == 0


async def test_the_same_signed_webhook_ten_times_at_once_is_one_event_and_one_reply(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        answers = await asyncio.gather(*(world.webhook("inbound", inbound()) for _ in range(10)))
        await world.quiet()
        assert answers == [200] * 10
        assert len(await world.decisions("message")) == 1
        assert world.heard(ADA) == ["You wrote hello"]


@pytest.mark.parametrize("path", ["webhooks/fax/inbound", "webhooks/sms/events", "webhooks/sms", "webhooks/sms/a/b"])
async def test_an_address_that_no_channel_has_is_answered_404(tmp_path: Path, path: str) -> None:
    async with running(tmp_path, ECHO) as world:
        assert await world.post(path, b"", FORM) == 404


async def test_a_form_in_the_address_is_refused_and_told_how_else(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        url = f"{world.url}/webhooks/sms/inbound?{urlencode(inbound())}"
        signature = twilio_signature(url, b"", TOKEN)
        async with world.http.get(url, headers={"X-Twilio-Signature": signature}) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert await nothing_kept(world)


@pytest.mark.parametrize(
    ("route", "content_type", "body"), [("inbound", "text/xml", b"<Response/>"), ("status", None, b"")]
)
async def test_twilio_is_answered_in_its_own_language_and_a_callback_with_nothing(
    tmp_path: Path, route: str, content_type: str | None, body: bytes
) -> None:
    async with running(tmp_path, ECHO) as world:
        url, form = f"{world.url}/webhooks/sms/{route}", urlencode(inbound() | {"MessageStatus": "sent"}).encode()
        headers = {**FORM, "X-Twilio-Signature": twilio_signature(url, form, TOKEN)}
        async with world.http.post(url, data=form, headers=headers) as answer:
            assert (answer.status, await answer.read()) == (200, body)
            assert answer.headers.get("Content-Type") == content_type


async def test_the_signature_is_checked_over_the_bytes_that_came(tmp_path: Path) -> None:
    body = urlencode(inbound("a b+c&d=ü")).encode()
    spelt_otherwise = body.replace(b"+", b"%20")
    async with running(tmp_path, ECHO) as world:
        signature = twilio_signature(f"{world.url}/webhooks/sms/inbound", body, TOKEN)
        headers = {**FORM, "X-Twilio-Signature": signature}
        assert await world.post("webhooks/sms/inbound", body + b"&Extra=", headers) == 403
        assert await world.post("webhooks/sms/inbound?m=1", body, headers) == 403
        assert await world.post("webhooks/sms/inbound", spelt_otherwise, headers) == 200  # the same form to Twilio
        await world.quiet()
        assert [row["payload"]["text"] for row in await world.decisions("message")] == ["a b+c&d=ü"]
