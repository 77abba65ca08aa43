"""What people wrote on Slack and no event told of: read from histories, it is exactly what its event would say."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.base import InboundMessage, OpenTalk, OutboundMessage
from channels.errors import ChannelDown, ChannelError, SendThrottled, SendUnknown
from channels.slack.adapter import Slack
from channels.slack.pages import MAX_PAGES
from tests.channels.provider import PATIENCE, Provider
from tests.channels.signing import slack, slack_event
from tests.channels.test_slack_read import heard

BOT = "U9BOT"
SINCE = datetime(2026, 11, 22, 9, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=1)
DIRECT, THREAD = OpenTalk("U1", said="D1:1795330000.000100"), OpenTalk("U1", "C1:1795330000.000100")
WHO_AM_I = {"ok": True, "user_id": BOT}


@pytest.fixture
async def channel(provider: Provider) -> AsyncIterator[Slack]:
    channel = slack(api_url=provider.url, timeout_seconds=PATIENCE)
    yield channel
    await channel.close()


def ts(minutes: float) -> str:
    return f"{(SINCE + timedelta(minutes=minutes)).timestamp():.6f}"


def post(minutes: float = 30, **changes: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "text": "Tea", "ts": ts(minutes)} | changes


def page(*messages: dict[str, Any], cursor: str = "") -> dict[str, Any]:
    return {"ok": True, "messages": list(messages), "response_metadata": {"next_cursor": cursor}}


def as_event(message: dict[str, Any], channel: str) -> dict[str, Any]:
    authorizations = [{"team_id": "T1", "user_id": BOT, "is_bot": True}]
    event = {**message, "channel": channel}
    return {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "Ev1",
        "event": event,
        "authorizations": authorizations,
    }


def asked(provider: Provider) -> list[tuple[str, str]]:
    return [(one["path"].strip("/"), (one["query"] | one["body"]).get("channel", "")) for one in provider.heard]


@pytest.mark.parametrize(
    ("talk", "message"),
    [
        (DIRECT, post(text="Tea &amp; <https://a.b|cake>")),
        (DIRECT, post(thread_ts=ts(1))),
        (DIRECT, post(subtype="file_share")),
        (DIRECT, post(bot_id="B1")),
        (DIRECT, post(user=BOT)),
        (DIRECT, post(subtype="message_deleted")),
        (THREAD, post(thread_ts="1795330000.000100")),
        (THREAD, post(thread_ts="1795330000.000100", text=f"<@{BOT}> stop")),
        (THREAD, post(thread_ts="1795330000.000100", user="U2")),
    ],
)
async def test_a_post_of_a_history_says_the_very_same_as_its_event(
    talk: OpenTalk, message: dict[str, Any], provider: Provider, channel: Slack
) -> None:
    provider.will_answer(WHO_AM_I)
    provider.will_answer(page(message))
    place = "C1" if talk.thread else "D1"
    told = () if message.get("bot_id") else await heard_in(as_event(message, place))
    assert await channel.missed(SINCE, UNTIL, [talk]) == told


async def heard_in(body: dict[str, Any]) -> tuple[InboundMessage, ...]:
    return await heard(slack_event(body))


async def test_a_direct_talk_is_read_from_our_last_word_and_a_thread_from_the_window_on(
    provider: Provider, channel: Slack
) -> None:
    provider.will_answer(WHO_AM_I)
    provider.will_answer(page())
    await channel.missed(SINCE, UNTIL, [DIRECT, THREAD])
    questions = [one["query"] | one["body"] for one in provider.heard[1:]]
    window = {"latest": ts(60), "inclusive": "1", "limit": "200"}
    assert questions == [
        {"channel": "D1", "oldest": "1795330000.000100", **window},
        {"channel": "C1", "ts": "1795330000.000100", "oldest": ts(0), **window},
    ]
    assert [path for path, _ in asked(provider)] == ["auth.test", "conversations.history", "conversations.replies"]


async def test_replies_below_a_direct_message_are_read_where_there_are_new_ones(
    provider: Provider, channel: Slack
) -> None:
    root = {"ts": "1795330000.000100", "user": BOT, "bot_id": "B1", "text": "?"}
    provider.will_answer(WHO_AM_I)
    provider.will_answer(page(post(-5, latest_reply=ts(-1)), root | {"latest_reply": ts(20)}))
    provider.will_answer(page(root, post(20, thread_ts=root["ts"])))
    (found,) = await channel.missed(SINCE, UNTIL, [DIRECT])
    assert (found.key, found.thread) == (f"D1:{ts(20)}", "")
    assert [path for path, _ in asked(provider)] == ["auth.test", "conversations.history", "conversations.replies"]


async def test_posts_come_oldest_first_each_once_and_from_the_window_only(provider: Provider, channel: Slack) -> None:
    provider.will_answer(WHO_AM_I)
    provider.will_answer(page(post(60), post(59), post(20), post(0), post(-1)))
    found = await channel.missed(SINCE, UNTIL, [DIRECT, OpenTalk("U1", said="D1:1795330000.000200")])
    assert [one.key for one in found] == [f"D1:{ts(minutes)}" for minutes in (0, 20, 59)]


async def test_who_we_are_and_where_a_user_is_written_to_is_asked_once(provider: Provider, channel: Slack) -> None:
    provider.will_answer({"ok": True, "channel": {"id": "D5"}})
    provider.will_answer(WHO_AM_I)
    provider.will_answer(page())
    for _ in range(2):
        await channel.missed(SINCE, UNTIL, [OpenTalk("U1")])
    assert asked(provider) == [
        ("conversations.open", ""),
        ("auth.test", ""),
        ("conversations.history", "D5"),
        ("conversations.history", "D5"),
    ]


@pytest.mark.parametrize(
    "said", ["", "None", "None:None", "D1", "D1:", "D1:soon", ":1795330000.000100", "D1:1e9", "D1:NaN"]
)
async def test_a_last_word_without_a_place_and_a_time_is_none(said: str, provider: Provider, channel: Slack) -> None:
    provider.will_answer({"ok": True, "channel": {"id": "D5"}})
    provider.will_answer(WHO_AM_I)
    provider.will_answer(page(post()))
    (found,) = await channel.missed(SINCE, UNTIL, [OpenTalk("U1", said=said)])
    assert found.key == f"D5:{ts(30)}"
    assert (provider.heard[2]["query"] | provider.heard[2]["body"])["oldest"] == ts(0)


@pytest.mark.parametrize(
    "answers",
    [
        [{"ok": True}],
        [{"ok": True, "user_id": None}],
        [{"ok": True, "user_id": 5}],
        [WHO_AM_I, {"ok": True, "messages": None}],
        [WHO_AM_I, {"ok": True, "messages": ["tea"]}],
        [WHO_AM_I, page({"ts": None, "user": None, "latest_reply": 5}), page()],
    ],
)
async def test_answers_that_are_none_of_slacks_are_no_answers(
    answers: list[dict[str, Any]], provider: Provider, channel: Slack
) -> None:
    for answer in answers:
        provider.will_answer(answer)
    if answers[-1] == page():
        assert await channel.missed(SINCE, UNTIL, [DIRECT]) == ()
    else:
        with pytest.raises(SendUnknown):
            await channel.missed(SINCE, UNTIL, [DIRECT])


@pytest.mark.parametrize("opened", [{}, {"channel": None}, {"channel": {}}, {"channel": {"id": None}}])
async def test_a_conversation_without_a_name_is_none(
    opened: dict[str, Any], provider: Provider, channel: Slack
) -> None:
    provider.will_answer({"ok": True} | opened)
    with pytest.raises(SendUnknown):
        await channel.missed(SINCE, UNTIL, [OpenTalk("U1")])
    with pytest.raises(SendUnknown):
        await channel.find(OutboundMessage("1", "U1", "Hi"), SINCE, frozenset())


@pytest.mark.parametrize("error", ["channel_not_found", "not_in_channel", "thread_not_found", "missing_scope"])
async def test_a_talk_that_can_not_be_read_any_more_holds_up_no_other(
    error: str, provider: Provider, channel: Slack
) -> None:
    provider.will_answer(WHO_AM_I)
    provider.will_answer({"ok": False, "error": error})
    provider.will_answer(page(post()))
    (found,) = await channel.missed(SINCE, UNTIL, [THREAD, DIRECT])
    assert found.key == f"D1:{ts(30)}"


async def test_a_talk_without_end_is_read_to_a_limit(
    provider: Provider, channel: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    provider.will_answer(WHO_AM_I)
    provider.will_answer(page(post(), cursor="next"))
    with caplog.at_level(logging.ERROR):
        assert len(await channel.missed(SINCE, UNTIL, [DIRECT])) == 1
    assert (len(provider.heard), "1000 messages" in caplog.text) == (1 + MAX_PAGES, True)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, "", SendThrottled),
        (500, "", SendUnknown),
        (200, '{"ok": false, "error": "token_expired"}', ChannelDown),
        (200, '{"ok": true}', SendUnknown),
    ],
)
async def test_where_slack_can_not_tell_what_is_missing_that_is_said(
    status: int, body: str, error: type[ChannelError], provider: Provider, channel: Slack
) -> None:
    provider.will_answer(WHO_AM_I)
    provider.will_answer(body, status)
    with pytest.raises(error):
        await channel.missed(SINCE, UNTIL, [DIRECT])


async def test_slack_tells_no_states(channel: Slack) -> None:
    assert await channel.states({"D1:1.0": "1"}) == ()
