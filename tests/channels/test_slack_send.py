"""Posting over the real SDK to a Slack that behaves as told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import OutboundMessage, Sent
from channels.errors import ChannelDown, ChannelError, SendRefused, SendThrottled, SendUnknown, Withheld
from channels.slack.adapter import Slack
from channels.slack.blocks import MAX_SECTION, content, says
from channels.slack.words import escape, plain
from tests.channels.failing import told
from tests.channels.provider import PATIENCE, Provider
from tests.channels.signing import MESSAGE_ID, slack

MESSAGE = OutboundMessage(MESSAGE_ID, "U1", "Hi <!channel> & <@U2>")
POSTED = {"ok": True, "channel": "D1", "ts": "1795338000.000100", "message": {}}


@pytest.fixture
async def channel(provider: Provider) -> AsyncIterator[Slack]:
    channel = slack(api_url=provider.url + "/api", timeout_seconds=PATIENCE)
    yield channel
    await channel.close()


async def failure(channel: Slack, message: OutboundMessage = MESSAGE) -> ChannelError:
    with pytest.raises(ChannelError) as error:
        await channel.send(message)
    return error.value


async def test_a_message_is_posted_with_our_id_and_pings_no_one(provider: Provider, channel: Slack) -> None:
    provider.will_answer(POSTED)
    assert await channel.send(MESSAGE) == Sent("D1:1795338000.000100", "delivered")
    (heard,) = provider.heard
    assert heard["path"] == "/api/chat.postMessage"
    assert heard["headers"]["Authorization"] == "Bearer xoxb-test"
    assert heard["body"] == {
        "channel": "U1",
        "text": "Hi &lt;!channel&gt; &amp; &lt;@U2&gt;",
        "metadata": {"event_type": "pointsman_message", "event_payload": {"id": MESSAGE_ID, "says": says(MESSAGE)}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


async def test_a_thread_is_answered_in_its_channel(provider: Provider, channel: Slack) -> None:
    provider.will_answer(POSTED | {"channel": "C1"})
    await channel.send(replace(MESSAGE, thread="C1:1.5"))
    body = provider.heard[0]["body"]
    assert (body["channel"], body["thread_ts"]) == ("C1", "1.5")


async def test_choices_are_buttons_in_rows_of_five(provider: Provider, channel: Slack) -> None:
    provider.will_answer(POSTED)
    choices = ("x" * 100, *[str(number) for number in range(5)])
    await channel.send(replace(MESSAGE, choices=choices))
    section, *rows = provider.heard[0]["body"]["blocks"]
    assert section == {"type": "section", "text": {"type": "mrkdwn", "text": escape(MESSAGE.text)}}
    assert [len(row["elements"]) for row in rows] == [5, 1]
    buttons = [button for row in rows for button in row["elements"]]
    assert [button["value"] for button in buttons] == list(choices)
    assert len(buttons[0]["text"]["text"]) == 75
    assert len({button["action_id"] for button in buttons}) == 6


@settings(deadline=None)
@given(st.text(alphabet="a&<>", max_size=4000))
def test_a_long_text_is_cut_into_sections_between_escapes(text: str) -> None:
    blocks = content(replace(MESSAGE, text=text, choices=("YES",)))["blocks"]
    parts = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    assert all(0 < len(part) <= MAX_SECTION for part in parts)
    assert all(escape(plain(part)) == part for part in parts)
    assert "".join(parts) == escape(text)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"text": "x" * 40_001}, Withheld("msg_too_long", "40001 characters of text, at most 40000 can be sent")),
        ({"choices": ("x",) * 26}, Withheld("too_many_choices", "26 choices, at most 25 can be sent")),
        (
            {"choices": ("x" * 2001,)},
            Withheld("choice_too_long", "2001 characters in a choice, at most 2000 can be sent"),
        ),
    ],
    ids=["text", "choices", "choice"],
)
async def test_a_limit_passed_is_refused_with_the_limit(
    changes: dict[str, Any], expected: SendRefused, channel: Slack
) -> None:
    assert told(await failure(channel, replace(MESSAGE, **changes))) == told(expected)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("channel_not_found", SendRefused("channel_not_found", "no such channel")),
        ("user_not_found", SendRefused("user_not_found", "no such user")),
        ("users_not_found", SendRefused("users_not_found", "no such user")),
        ("not_in_channel", SendRefused("not_in_channel", "the bot isn't in the channel")),
        ("is_archived", SendRefused("is_archived", "the channel is archived")),
        ("brand_new", SendRefused("brand_new", "brand_new")),
        ("ratelimited", SendThrottled(1.0, "ratelimited")),
        ("message_limit_exceeded", SendThrottled(60.0, "message_limit_exceeded")),
        ("invalid_auth", ChannelDown("invalid_auth", "the token is wrong")),
        ("token_revoked", ChannelDown("token_revoked", "the token is revoked")),
        ("account_inactive", ChannelDown("account_inactive", "the bot's account is gone")),
        ("missing_scope", ChannelDown("missing_scope", "the token lacks a scope")),
        ("fatal_error", SendUnknown("fatal_error")),
        ("internal_error", SendUnknown("internal_error")),
        ("service_unavailable", SendUnknown("service_unavailable")),
    ],
)
async def test_what_slack_says_decides_what_becomes_of_the_message(
    word: str, expected: ChannelError, provider: Provider, channel: Slack
) -> None:
    provider.will_answer({"ok": False, "error": word})
    assert told(await failure(channel)) == told(expected)
    assert len(provider.heard) == 1


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, "", SendUnknown("HTTP 500")),
        (503, '{"ok": false, "error": "invalid_auth"}', SendUnknown("invalid_auth")),
        (502, "<html>", SendUnknown("HTTP 502")),
        (200, "<html>", SendUnknown("HTTP 200")),
        (200, "{}", SendUnknown("HTTP 200")),
        (200, '{"ok": true}', SendUnknown("the answer has no channel or ts")),
        (200, '{"ok": false, "error": 5}', SendUnknown("HTTP 200")),
        (401, "", ChannelDown("401", "refused")),
        (403, "<html>", ChannelDown("403", "refused")),
    ],
)
async def test_an_answer_that_is_not_slacks_is_unknown(
    status: int, body: str, expected: ChannelError, provider: Provider, channel: Slack
) -> None:
    provider.will_answer(body, status)
    assert told(await failure(channel)) == told(expected)


@pytest.mark.parametrize("text", ["[1]", "5", '"x"'])
async def test_json_that_is_no_object_is_unknown(text: str, provider: Provider, channel: Slack) -> None:
    provider.will_answer(text)
    assert isinstance(await failure(channel), SendUnknown)


async def test_plain_text_is_unknown(provider: Provider, channel: Slack) -> None:
    provider.answers.append(web.Response(text="ok"))
    assert isinstance(await failure(channel), SendUnknown)


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), ("", 1.0), ("x", 1.0)])
@pytest.mark.parametrize("body", ['{"ok": false, "error": "ratelimited"}', "", "<html>"])
async def test_429_waits_as_told(header: str, seconds: float, body: str, provider: Provider, channel: Slack) -> None:
    provider.will_answer(body, 429, **{"Retry-After": header})
    error = await failure(channel)
    assert isinstance(error, SendThrottled)
    assert error.retry_after == seconds


@pytest.mark.parametrize("mood", ["hang", "drop"])
async def test_no_answer_is_unknown_and_not_posted_twice(mood: str, provider: Provider, channel: Slack) -> None:
    provider.mood = mood
    provider.will_answer(POSTED)
    assert isinstance(await failure(channel), SendUnknown)
    assert len(provider.heard) == 1


async def test_a_refused_connection_posted_nothing(unused_tcp_port: int) -> None:
    channel = slack(api_url=f"http://127.0.0.1:{unused_tcp_port}")
    assert isinstance(await failure(channel), SendThrottled)
    await channel.close()


async def test_posts_share_connections_and_ignore_a_proxy_for_an_address_of_ones_own(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    provider.will_answer(POSTED)
    channel = slack(api_url=provider.url)
    for _ in range(2):
        await asyncio.gather(*[channel.send(MESSAGE) for _ in range(5)])
    await channel.close()
    assert len(provider.heard) == 10
    assert len(provider.connections) <= 5
