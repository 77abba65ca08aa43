"""The look-alike of Slack, spoken to by Slack's SDK and checked by Slack's signature verifier."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.sandbox import SayRefused, Webhooks
from channels.sandbox.slack_book import room_id
from tests.channels.sandbox_gateway import BOT_TOKEN, House, house

BUTTONS = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "choice_0", "value": "yes", "text": {"type": "plain_text", "text": "Yes!"}},
            {"type": "button", "action_id": "choice_1", "value": "no", "text": {"type": "plain_text", "text": "No"}},
        ],
    }
]
DEEP = json.loads('{"a":' * 60 + "1" + "}" * 60)
METADATA = {"event_type": "pointsman", "event_payload": {"id": "our-id-1"}}


def sdk(at: House, token: str = BOT_TOKEN) -> AsyncWebClient:
    """The SDK's client, pointed at the sandbox."""
    client = AsyncWebClient(token, f"{at.url}/sandbox/slack/team/api/", retry_handlers=[])
    client.proxy = None
    return client


@pytest.fixture
async def at() -> AsyncIterator[House]:
    async with house() as built:
        yield built


async def test_a_post_to_a_user_opens_the_direct_message_and_comes_back_as_an_event(at: House) -> None:
    posted = await sdk(at).chat_postMessage(channel="U1", text="Hello &amp; &lt;x&gt;", metadata=METADATA)
    await at.settle()
    assert (posted["ok"], posted["channel"], posted["message"]["text"]) == (True, "D1", "Hello &amp; &lt;x&gt;")
    [event] = at.door.events
    assert (event["event"]["bot_id"], event["event"]["channel_type"]) == ("B0POINTSMAN", "im")
    assert [line["text"] for line in at.sandbox.transcript("U1")] == ["Hello & <x>"]


@pytest.mark.parametrize("channel", ["#billing", "billing", room_id("billing")])
async def test_a_channel_is_found_by_id_and_name(at: House, channel: str) -> None:
    assert (await sdk(at).chat_postMessage(channel=channel, text="x"))["channel"] == room_id("billing")


@pytest.mark.parametrize(
    ("token", "asked", "error"),
    [
        ("wrong", {"channel": "U1", "text": "x"}, "invalid_auth"),
        (BOT_TOKEN, {"channel": "U9", "text": "x"}, "channel_not_found"),
        (BOT_TOKEN, {"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        (BOT_TOKEN, {"channel": "U1", "text": ""}, "no_text"),
        (BOT_TOKEN, {"channel": "U1", "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        (BOT_TOKEN, {"channel": "U1", "text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        (BOT_TOKEN, {"channel": "U1", "text": "x", "metadata": {"id": "1"}}, "invalid_metadata_format"),
        (BOT_TOKEN, {"channel": "U1", "text": "x", "blocks": "[" * 60 + "]" * 60}, "invalid_blocks_format"),
        (BOT_TOKEN, {"channel": "U1", "text": "x", "blocks": [DEEP]}, "invalid_post_type"),
        (BOT_TOKEN, {"channel": "U1", "text": "\ud800"}, "invalid_post_type"),
    ],
)
async def test_what_slack_refuses_is_refused_with_its_word(
    at: House, token: str, asked: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await sdk(at, token).api_call("chat.postMessage", json=asked)
    assert refused.value.response["error"] == error


async def test_the_other_methods_answer_as_the_sdk_expects(at: House) -> None:
    client = sdk(at)
    assert (await client.auth_test())["user_id"] == "U0POINTSMAN"
    assert (await client.conversations_open(users="U2"))["channel"]["id"] == "D2"
    assert (await client.users_info(user="U1"))["user"]["profile"]["email"] == "ines@example.com"
    assert (await client.users_lookupByEmail(email="INES@example.com"))["user"]["id"] == "U1"
    for wrong in (client.users_info(user="U9"), client.conversations_open(users="U9"), client.api_call("no.such")):
        with pytest.raises(SlackApiError):
            await wrong


async def test_history_pages_newest_first_and_shows_metadata_when_asked(at: House) -> None:
    client = sdk(at)
    sent = [(await client.chat_postMessage(channel="D1", text=f"{n}", metadata=METADATA))["ts"] for n in range(3)]
    first = await client.conversations_history(channel="D1", limit=2, include_all_metadata=True)
    assert [message["ts"] for message in first["messages"]] == sent[:0:-1]
    assert first["messages"][0]["metadata"] == METADATA
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel="D1", limit=2, cursor=cursor)
    assert [message["ts"] for message in second["messages"]] == sent[:1]
    assert "metadata" not in second["messages"][0]
    newer = await client.conversations_history(channel="D1", oldest=sent[1])
    assert [message["ts"] for message in newer["messages"]] == sent[2:]


async def test_replies_show_the_thread_and_history_does_not(at: House) -> None:
    client = sdk(at)
    root = (await client.chat_postMessage(channel="#general", text="root"))["ts"]
    at.sandbox.slack("team").say("U1", "in thread", "#general", root)
    general = room_id("general")
    replies = await client.conversations_replies(channel=general, ts=root)
    assert [message["text"] for message in replies["messages"]] == ["root", "in thread"]
    assert len((await client.conversations_history(channel=general))["messages"]) == 1


async def test_a_mention_in_a_channel_arrives_as_message_and_as_app_mention(at: House) -> None:
    at.sandbox.slack("team").mention("U1", "help", "#general")
    await at.settle()
    message, mention = at.door.events
    assert [one["event"]["type"] for one in (message, mention)] == ["message", "app_mention"]
    assert message["event"]["ts"] == mention["event"]["ts"]
    assert message["event_id"] != mention["event_id"]
    assert message["authorizations"][0]["user_id"] == "U0POINTSMAN"


async def test_a_pressed_button_arrives_as_block_actions(at: House) -> None:
    ts = (await sdk(at).chat_postMessage(channel="U1", text="Will you?", blocks=BUTTONS))["ts"]
    at.sandbox.slack("team").press("U1", "D1", ts, "Yes!")
    await at.settle()
    pressed = at.door.events[-1]
    assert (pressed["type"], pressed["user"]["id"], pressed["container"]["message_ts"]) == ("block_actions", "U1", ts)
    assert (pressed["actions"][0]["action_id"], pressed["actions"][0]["value"]) == ("choice_0", "yes")
    assert at.sandbox.transcript("U1")[0]["pressed"] == ["yes"]


async def test_a_slash_command_arrives_with_its_text_and_is_no_post(at: House) -> None:
    at.sandbox.slack("team").say("U1", "/join the campaign", "#general")
    await at.settle()
    [form] = at.door.commands
    assert (form["command"], form["text"], form["user_id"]) == ("/join", "the campaign", "U1")
    assert (form["channel_id"], form["channel_name"]) == (room_id("general"), "general")
    assert at.sandbox.transcript("general") == ()


@pytest.mark.parametrize(("user", "room"), [("U9", ""), ("U1", "#nowhere")])
async def test_who_is_not_in_the_workspace_cannot_speak(at: House, user: str, room: str) -> None:
    with pytest.raises(SayRefused):
        at.sandbox.slack("team").say(user, "x", room)


async def test_a_button_that_is_not_there_cannot_be_pressed(at: House) -> None:
    post = at.sandbox.slack("team").say("U1", "x")
    assert post is not None
    with pytest.raises(SayRefused):
        at.sandbox.slack("team").press("U1", "D1", post.ts, "yes")


async def test_a_refused_event_is_delivered_again_and_says_that_it_is_a_retry(at: House) -> None:
    at.door.refuse = 2
    at.sandbox.slack("team").say("U1", "hello")
    await at.run()
    assert at.door.retries == ["", "1", "2"]
    assert [event["event"]["text"] for event in at.door.events] == ["hello"]


async def test_an_event_told_to_come_twice_has_the_same_id(at: House) -> None:
    at.sandbox.channel("team").behaviour.webhooks = Webhooks(twice=True)
    at.sandbox.slack("team").say("U1", "hello")
    await at.run()
    first, second = at.door.events
    assert first == second


async def test_lost_events_never_leave_though_the_history_shows_what_was_said(at: House) -> None:
    at.sandbox.channel("team").behaviour.webhooks = Webhooks(lost=("inbound",))
    root = at.sandbox.slack("team").say("U1", "hello")
    assert root is not None
    at.sandbox.slack("team").say("U1", "more", thread=root.ts)
    await at.run()
    assert at.door.events == []
    (shown,) = (await sdk(at).conversations_history(channel="D1"))["messages"]
    assert (shown["text"], shown["thread_ts"], shown["reply_count"]) == ("hello", root.ts, 1)
    assert shown["latest_reply"] > root.ts


async def test_restarted_from_its_journal_posts_and_buttons_are_there(tmp_path: Path) -> None:
    async with house(tmp_path / "j") as before:
        ts = (await sdk(before).chat_postMessage(channel="U1", text="?", blocks=BUTTONS, metadata=METADATA))["ts"]
        before.sandbox.slack("team").press("U1", "D1", ts, "no")
        kept = before.sandbox.transcript("U1")
    async with house(tmp_path / "j") as after:
        assert after.sandbox.transcript("U1") == kept
        found = await sdk(after).conversations_history(channel="D1", include_all_metadata=True)
        assert found["messages"][0]["metadata"] == METADATA
        assert (await sdk(after).chat_postMessage(channel="U1", text="next"))["ts"] > ts
