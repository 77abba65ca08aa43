"""The sandbox misbehaves exactly as told, and keeps its promises to those who wait."""

import base64
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sandbox import ControlWrong, Fault, SandboxRequest, SandboxResponse, perform
from channels.sandbox.behaviour import shuffled
from tests.channels.sandbox_gateway import ACCOUNT, ANNA, BOT_TOKEN, MAX, NUMBER, TOKEN, House, house

MESSAGES = f"/sandbox/twilio/sms/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
LOGIN = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()

FORM = {"content-type": "application/x-www-form-urlencoded"}
TO_ANNA = urlencode({"To": ANNA, "From": NUMBER, "Body": "x"}).encode()
TO_U1 = b"channel=U1&text=x"
SENDS = {
    "sms": SandboxRequest("POST", MESSAGES, "", {"authorization": LOGIN, **FORM}, TO_ANNA),
    "team": SandboxRequest(
        "POST", "/sandbox/slack/team/api/chat.postMessage", "", {"authorization": f"Bearer {BOT_TOKEN}", **FORM}, TO_U1
    ),
}


async def post(at: House, to: str = ANNA, patience: float = 5.0) -> tuple[int, Any, str]:
    """Status, body and Retry-After of one send."""
    form = {"To": to, "From": NUMBER, "Body": "x"}
    limit = aiohttp.ClientTimeout(total=patience)
    session = aiohttp.ClientSession(timeout=limit, headers={"Authorization": LOGIN})
    async with session, session.post(at.url + MESSAGES, data=form) as answer:
        return answer.status, await answer.json(), answer.headers.get("Retry-After", "")


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("kind", ["drop", "hang"])
async def test_without_an_answer_the_message_is_there_only_if_it_was_accepted(kind: Any, accept: bool) -> None:
    async with house() as at:
        at.sandbox.channel("sms").behaviour.add(Fault(kind, accept=accept, seconds=0.05))
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await post(at)
        assert len(at.sandbox.transcript(ANNA)) == accept
        assert (await post(at))[0] == 201


async def test_a_hang_outlasts_the_patience_of_the_caller() -> None:
    async with house() as at:
        at.sandbox.channel("sms").behaviour.add(Fault("hang", seconds=60))
        with pytest.raises(TimeoutError):
            await post(at, patience=0.05)


async def test_a_failure_after_accepting_leaves_the_message() -> None:
    async with house() as at:
        at.sandbox.channel("sms").behaviour.add(Fault("fail", accept=True, status=503, code="20503", times=2))
        assert [(await post(at))[0] for _ in range(3)] == [503, 503, 201]
        assert len(at.sandbox.transcript(ANNA)) == 3


async def test_throttling_says_how_long_to_wait_and_takes_nothing() -> None:
    async with house() as at:
        at.sandbox.channel("sms").behaviour.add(Fault("throttle", retry_after=7))
        status, body, retry_after = await post(at)
        assert (status, body["code"], retry_after) == (429, 20429, "7")
        assert at.sandbox.transcript(ANNA) == ()


async def test_a_fault_for_one_number_spares_the_others_and_lasts_until_cleared() -> None:
    async with house() as at:
        at.sandbox.channel("sms").behaviour.add(Fault("fail", to=ANNA, times=None))
        assert [(await post(at, to))[0] for to in (MAX, ANNA, ANNA)] == [201, 500, 500]
        at.sandbox.channel("sms").behaviour.clear()
        assert (await post(at))[0] == 201


@pytest.mark.parametrize(("channel", "code"), [("sms", "20003"), ("team", "invalid_auth")])
async def test_credentials_are_refused_in_the_provider_s_own_words(channel: str, code: str) -> None:
    """Told over the wire, as every other fault; the real adapters then take the channel for down."""
    async with house() as at:
        perform(at.sandbox, "control", f'{{"channel": "{channel}", "fault": {{"kind": "refuse"}}}}'.encode())
        reply = at.sandbox.answer(SENDS[channel])
        assert isinstance(reply, SandboxResponse)
        assert code in reply.body.decode()
        assert at.sandbox.transcript(ANNA) == ()


async def test_slack_throttles_and_fails_in_its_own_words() -> None:
    async with house() as at:
        behaviour = at.sandbox.channel("team").behaviour
        behaviour.add(Fault("throttle", retry_after=3))
        behaviour.add(Fault("fail", status=200, code="restricted_action"))
        url, login = f"{at.url}/sandbox/slack/team/api/chat.postMessage", {"Authorization": f"Bearer {BOT_TOKEN}"}
        async with aiohttp.ClientSession(headers=login) as session:
            async with session.post(url, json={"channel": "U1", "text": "x"}) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
            async with session.post(url, data={"channel": "U1", "text": "x"}) as answer:
                assert await answer.json() == {"ok": False, "error": "restricted_action"}
            async with session.post(url, data={"channel": "U1", "text": "x"}) as answer:
                assert (await answer.json())["ok"]


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b'{"channel": "nowhere"}',
        b'{"channel": "sms", "surprise": 1}',
        b'{"channel": "sms", "fault": {"kind": "explode"}}',
        b'{"channel": "sms", "fault": {"kind": "drop", "often": 3}}',
        b'{"channel": "sms", "fault": {"kind": "drop", "times": 0}}',
        b'{"channel": "sms", "fault": {"kind": "hang", "seconds": 99999}}',
        b" " * 70_000,
    ],
)
async def test_a_wrong_control_body_is_refused_with_its_reason(body: bytes) -> None:
    async with house() as at:
        with pytest.raises(ControlWrong, match=r".+"):
            perform(at.sandbox, "control", body)


async def test_requests_after_closing_are_dropped_and_not_accepted() -> None:
    async with house() as at:
        await at.sandbox.close()
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await post(at)
        assert at.sandbox.transcript(ANNA) == ()


@given(st.text(max_size=40))
def test_a_shuffle_holds_the_same_names_and_never_the_same_order(seed: str) -> None:
    names = ("queued", "sent", "delivered")
    mixed = shuffled(seed, names)
    assert sorted(mixed) == sorted(names)
    assert mixed != names
    assert mixed == shuffled(seed, names)
