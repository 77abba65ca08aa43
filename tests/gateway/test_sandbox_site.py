"""The sandbox's page: what it shows, what may be written through it, and by whom."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.channels.sandbox_gateway import ANNA, House, house


@pytest.fixture
async def at() -> AsyncIterator[House]:
    async with house() as built:
        yield built


@pytest.fixture
async def browser(at: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(at.url) as session:
        yield session


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html"),
        ("/sandbox.js", "text/javascript"),
        ("/sandbox.css", "text/css"),
        ("/state", "application/json"),
    ],
)
async def test_page_and_state_are_served_with_a_strict_policy(
    browser: aiohttp.ClientSession, path: str, kind: str
) -> None:
    async with browser.get(f"/sandbox{path}") as answer:
        assert (answer.status, answer.content_type) == (200, kind)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_page_has_no_inline_code_and_no_foreign_address(browser: aiohttp.ClientSession) -> None:
    for name in ("", "/sandbox.js", "/sandbox.css"):
        async with browser.get(f"/sandbox{name}") as answer:
            text = await answer.text()
        assert not any(mark in text for mark in ("http://", "https://", "innerHTML", "onclick", "style=", "eval("))


async def test_what_is_typed_goes_out_and_the_state_changes(at: House, browser: aiohttp.ClientSession) -> None:
    before = await state(browser)
    async with browser.post("/sandbox/phone", json={"channel": "sms", "number": ANNA}) as answer:
        assert answer.status == 200
    body = {"channel": "sms", "who": ANNA, "text": "<b>hi</b>"}
    async with browser.post("/sandbox/say", json=body, headers={"Origin": at.url}) as answer:
        assert answer.status == 200
    await at.settle()
    after = await state(browser)
    assert after["channels"][0]["phones"][0]["messages"][0]["text"] == "<b>hi</b>"
    assert before["version"] != after["version"]
    async with browser.get("/sandbox/state", params={"after": after["version"]}) as unchanged:
        assert unchanged.status == 204


async def test_slack_is_written_to_and_its_buttons_pressed_through_the_page(
    at: House, browser: aiohttp.ClientSession
) -> None:
    async with browser.post("/sandbox/say", json={"channel": "team", "who": "U1", "text": "hi", "room": ""}) as said:
        assert said.status == 200
    press = {"channel": "team", "who": "U1", "room": "D1", "message": "1.0", "value": "yes"}
    async with browser.post("/sandbox/press", json=press) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, "no such button below that message")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json", "Origin": "https://evil.example"}, 403),
        ({"Content-Type": "application/json", "Origin": "null"}, 403),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
@pytest.mark.parametrize("deed", ["say", "press", "phone", "control"])
async def test_other_sites_can_do_nothing(
    at: House, browser: aiohttp.ClientSession, deed: str, headers: dict[str, str], status: int
) -> None:
    body = json.dumps({"channel": "sms", "who": ANNA, "text": "hi"})
    async with browser.post(f"/sandbox/{deed}", data=body, headers=headers) as answer:
        assert answer.status == status
    assert at.sandbox.transcript(ANNA) == ()


async def test_faults_are_set_over_http(at: House, browser: aiohttp.ClientSession) -> None:
    control = {"channel": "team", "clear": True, "fault": {"kind": "drop"}, "webhooks": {"late": 3}}
    async with browser.post("/sandbox/control", json=control) as answer:
        assert answer.status == 200
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await browser.post("/sandbox/slack/team/api/chat.postMessage", json={"channel": "U1", "text": "x"})
    assert at.sandbox.channel("team").behaviour.webhooks.late == 3


async def test_faults_end_over_http_and_the_rest_stays(at: House, browser: aiohttp.ClientSession) -> None:
    told = {"fault": {"kind": "drop"}, "webhooks": {"late": 3}, "ending": {"number": ANNA, "status": "undelivered"}}
    for control in ({"channel": "sms", **told}, {"channel": "sms", "heal": True}):
        async with browser.post("/sandbox/control", json=control) as answer:
            assert answer.status == 200
    behaviour = at.sandbox.channel("sms").behaviour
    assert (behaviour.faults, behaviour.webhooks.late, list(behaviour.endings)) == ([], 3, [ANNA])


@pytest.mark.parametrize("path", ["/twilio/nowhere/x", "/twilio/team/api/auth.test", "/slack/sms/x"])
async def test_an_unknown_channel_is_not_found(browser: aiohttp.ClientSession, path: str) -> None:
    async with browser.get(f"/sandbox{path}") as answer:
        assert answer.status == 404


async def state(browser: aiohttp.ClientSession) -> Any:
    """What the page sees."""
    async with browser.get("/sandbox/state") as answer:
        return await answer.json()
