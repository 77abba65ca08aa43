"""Asking Slack whether it has a message."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from channels.base import OutboundMessage, Sent
from channels.errors import ChannelDown, SendUnknown
from channels.slack.adapter import Slack
from channels.slack.blocks import our_words, says
from channels.slack.pages import MAX_PAGES
from tests.channels.provider import PATIENCE, Provider
from tests.channels.signing import MESSAGE_ID, NOW, slack

NONE: frozenset[str] = frozenset()
MESSAGE = OutboundMessage(MESSAGE_ID, "C1", "Hi")
OURS = {"ts": "2.0", "metadata": {"event_type": "pointsman_message", "event_payload": {"id": MESSAGE_ID}}}
OTHERS: list[dict[str, Any]] = [
    {"ts": "1.0"},
    {"ts": "1.1", "metadata": {}},
    {"ts": "1.2", "metadata": {"event_type": "pointsman_message", "event_payload": {"id": "other"}}},
    {"ts": "1.3", "metadata": {"event_type": "another_app", "event_payload": {"id": MESSAGE_ID}}},
]


@pytest.fixture
async def channel(provider: Provider) -> AsyncIterator[Slack]:
    channel = slack(api_url=provider.url, timeout_seconds=PATIENCE)
    yield channel
    await channel.close()


def page(*messages: dict[str, Any], cursor: str = "") -> dict[str, Any]:
    return {"ok": True, "messages": list(messages), "response_metadata": {"next_cursor": cursor}}


async def test_a_message_is_found_by_our_id_in_its_metadata(provider: Provider, channel: Slack) -> None:
    provider.will_answer(page(*OTHERS, OURS))
    assert await channel.find(MESSAGE, NOW, NONE) == Sent("C1:2.0", "delivered")
    (heard,) = provider.heard
    assert heard["path"] == "/conversations.history"
    asked = {"channel": "C1", "oldest": f"{NOW.timestamp() - 60:.6f}", "limit": "200", "include_all_metadata": "1"}
    assert heard["query"] | heard["body"] == asked


async def test_a_message_that_is_not_there_was_surely_not_posted(provider: Provider, channel: Slack) -> None:
    provider.will_answer(page(*OTHERS))
    assert await channel.find(MESSAGE, NOW, NONE) is None


def posted(ts: str, message: OutboundMessage, id: str = "forgotten") -> dict[str, Any]:
    """A post of ours that says this, under another id."""
    return {
        "ts": ts,
        "metadata": {"event_type": "pointsman_message", "event_payload": {"id": id, "says": says(message)}},
    }


async def test_what_was_done_again_is_found_by_what_it_says_each_post_once_and_the_oldest_first(
    provider: Provider, channel: Slack
) -> None:
    other = replace(MESSAGE, text="Ho")
    provider.will_answer(page(posted("9.0", MESSAGE), posted("4.0", other), posted("3.0", MESSAGE), *OTHERS))
    known = [NONE, frozenset({"C1:3.0"}), frozenset({"C1:3.0", "C1:9.0"})]
    found = [await channel.find(MESSAGE, NOW, these, redone=True) for these in known]
    assert found == [Sent("C1:3.0", "delivered"), Sent("C1:9.0", "delivered"), None]
    assert await channel.find(MESSAGE, NOW, NONE) is None
    assert await channel.find(replace(MESSAGE, choices=("Ok",)), NOW, NONE, redone=True) is None


async def test_our_own_id_goes_before_what_a_message_says_unless_another_has_taken_its_post(
    provider: Provider, channel: Slack
) -> None:
    provider.will_answer(page(posted("9.0", MESSAGE), posted("5.0", MESSAGE, MESSAGE_ID), posted("3.0", MESSAGE)))
    assert await channel.find(MESSAGE, NOW, NONE, redone=True) == Sent("C1:5.0", "delivered")
    assert await channel.find(MESSAGE, NOW, frozenset({"C1:5.0"}), redone=True) == Sent("C1:3.0", "delivered")


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        "pointsman_message",
        [],
        {"event_type": None},
        {"event_type": "pointsman_message"},
        {"event_type": "pointsman_message", "event_payload": None},
        {"event_type": "pointsman_message", "event_payload": ["id"]},
        {"event_type": "pointsman_message", "event_payload": {"id": None, "says": 5}},
    ],
)
def test_metadata_that_is_not_ours_bears_nothing(metadata: object) -> None:
    assert our_words({"ts": "1.0", "metadata": metadata}) == ("", "")


async def test_a_thread_is_searched_in_its_replies(provider: Provider, channel: Slack) -> None:
    provider.will_answer(page(OURS))
    assert await channel.find(replace(MESSAGE, to="U1", thread="C7:1.5"), NOW, NONE) == Sent("C7:2.0", "delivered")
    asked = provider.heard[0]["query"] | provider.heard[0]["body"]
    assert (provider.heard[0]["path"], asked["channel"], asked["ts"]) == ("/conversations.replies", "C7", "1.5")


async def test_a_direct_message_is_searched_in_the_conversation_with_the_user(
    provider: Provider, channel: Slack
) -> None:
    provider.will_answer({"ok": True, "channel": {"id": "D5"}})
    provider.will_answer(page(OURS))
    assert await channel.find(replace(MESSAGE, to="U1"), NOW, NONE) == Sent("D5:2.0", "delivered")
    asked = provider.heard[0]["query"] | provider.heard[0]["body"]
    assert (provider.heard[0]["path"], asked) == ("/conversations.open", {"users": "U1"})


async def test_further_pages_are_read(provider: Provider, channel: Slack) -> None:
    provider.will_answer(page(*OTHERS, cursor="next"))
    provider.will_answer(page(OURS))
    assert await channel.find(MESSAGE, NOW, NONE)
    assert (provider.heard[1]["query"] | provider.heard[1]["body"])["cursor"] == "next"


async def test_a_history_too_long_to_tell_is_unknown(provider: Provider, channel: Slack) -> None:
    provider.will_answer(page(*OTHERS, cursor="next"))
    with pytest.raises(SendUnknown, match="1000"):
        await channel.find(MESSAGE, NOW, NONE)
    assert len(provider.heard) == MAX_PAGES


async def test_a_channel_named_is_searched_by_its_id(provider: Provider, channel: Slack) -> None:
    first = {"ok": True, "channels": [{"id": "C8", "name": "general"}], "response_metadata": {"next_cursor": "next"}}
    provider.will_answer(first)
    provider.will_answer({"ok": True, "channels": [{"id": "C9", "name": "billing"}]})
    provider.will_answer(page(OURS))
    assert await channel.find(replace(MESSAGE, to="#billing"), NOW, NONE) == Sent("C9:2.0", "delivered")
    paths = [heard["path"] for heard in provider.heard]
    assert paths == ["/users.conversations", "/users.conversations", "/conversations.history"]


async def test_a_channel_that_the_bot_is_not_in_can_not_be_searched(provider: Provider, channel: Slack) -> None:
    provider.will_answer({"ok": True, "channels": [{"id": "C8", "name": "general"}]})
    with pytest.raises(SendUnknown, match="'billing'"):
        await channel.find(replace(MESSAGE, to="#billing"), NOW, NONE)


async def test_a_token_that_has_expired_says_nothing_of_the_message(provider: Provider, channel: Slack) -> None:
    provider.will_answer('{"ok": false, "error": "token_expired"}')
    with pytest.raises(ChannelDown, match="the token has expired"):
        await channel.find(MESSAGE, NOW, NONE)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, '{"ok": false, "error": "channel_not_found"}'),
        (200, '{"ok": false, "error": "missing_scope"}'),
        (200, '{"ok": true}'),
        (200, '{"ok": true, "messages": [5]}'),
        (429, ""),
        (500, ""),
        (200, "<html>"),
    ],
)
async def test_where_slack_can_not_tell_neither_can_we(
    status: int, body: str, provider: Provider, channel: Slack
) -> None:
    provider.will_answer(body, status)
    with pytest.raises(SendUnknown):
        await channel.find(MESSAGE, NOW, NONE)


@pytest.mark.parametrize("mood", ["hang", "drop"])
async def test_no_answer_to_the_question_is_unknown(mood: str, provider: Provider, channel: Slack) -> None:
    provider.mood = mood
    provider.will_answer({})
    with pytest.raises(SendUnknown):
        await channel.find(MESSAGE, NOW, NONE)
