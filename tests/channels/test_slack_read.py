"""What is kept of a webhook, and what Bolt's listeners hear in it."""

import json
import logging
from typing import Any

import pytest

from channels.base import InboundMessage, KeptRequest, Received, WebhookRequest
from tests.channels.signing import payload, slack, slack_action, slack_command, slack_event

TS = "1795338000.000100"


def kept(request: WebhookRequest) -> KeptRequest:
    received = slack().receive(request)
    assert received.answer.status == 200
    assert received.answer.body == b""
    (item,) = received.items
    assert isinstance(item, KeptRequest)
    return item


async def heard(request: WebhookRequest) -> tuple[InboundMessage, ...]:
    return await slack().read(kept(request))


def event(envelope: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    body = payload("slack_event") | (envelope or {})
    body["event"] |= changes
    return body


def in_channel(envelope: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return event(envelope, **({"channel": "C1", "channel_type": "channel"} | changes))


def test_a_request_is_kept_whole_under_the_key_slack_repeats_it_with() -> None:
    assert kept(slack_event(event())) == KeptRequest("Ev1", "U1", "events", json.dumps(event()))
    action, command = kept(slack_action(payload("slack_action"))), kept(slack_command(payload("slack_command")))
    assert (action.key, action.address, action.route) == ("12.34.abc:1795338001.000300", "U1", "actions")
    assert (command.key, command.address, command.route) == ("12.34.def", "U1", "commands")


def test_an_interaction_without_a_trigger_is_kept_under_its_own_digest() -> None:
    closed = {"type": "view_closed", "user": {"id": "U1"}, "team": {"id": "T1"}}
    first, second = kept(slack_action(closed)), kept(slack_action(closed | {"view": {}}))
    assert len(first.key) == 64
    assert first.key != second.key


def test_an_event_about_the_app_as_a_whole_is_answered_and_not_kept() -> None:
    limited = {"type": "app_rate_limited", "team_id": "T1", "api_app_id": "A1", "minute_rate_limited": 1}
    assert slack().receive(slack_event(limited)) == Received()


async def test_a_direct_message_has_no_thread() -> None:
    assert await heard(slack_event(event())) == (InboundMessage(f"D1:{TS}", "U1", "hello"),)
    (in_thread,) = await heard(slack_event(event(thread_ts="1795330000.000001")))
    assert in_thread.thread == ""


async def test_a_mention_begins_a_thread_and_is_cut_from_the_text() -> None:
    mention = in_channel(type="app_mention", text="<@UBOT> pay <@U2|bob> now")
    assert await heard(slack_event(mention)) == (InboundMessage(f"C1:{TS}", "U1", "pay @bob now", f"C1:{TS}"),)


async def test_a_mention_inside_a_thread_belongs_to_the_thread() -> None:
    (message,) = await heard(slack_event(in_channel(type="app_mention", text="so <@UBOT>?", thread_ts="1.5")))
    assert (message.text, message.thread) == ("so?", "C1:1.5")


@pytest.mark.parametrize("thread_ts", [None, "1.5"])
async def test_both_deliveries_of_a_mention_say_the_same(thread_ts: str | None) -> None:
    said: dict[str, Any] = {"text": "<@UBOT> hi", "thread_ts": thread_ts}
    first = await heard(slack_event(in_channel(type="app_mention", **said)))
    second = await heard(slack_event(in_channel({"event_id": "Ev2"}, **said)))
    assert first == second
    assert [message.addressed for message in first] == [True]


async def test_where_slack_does_not_name_our_bot_the_leading_mention_is_cut() -> None:
    mention = in_channel(type="app_mention", text="<@UBOT> hi <@U2>") | {"authorizations": None}
    (message,) = await heard(slack_event(mention))
    assert message.text == "hi @U2"


async def test_a_message_in_a_thread_is_heard_without_a_mention_but_is_not_addressed_to_us() -> None:
    reply = in_channel(thread_ts="1795330000.000001", text="yes")
    said = InboundMessage(f"C1:{TS}", "U1", "yes", "C1:1795330000.000001", addressed=False)
    assert await heard(slack_event(reply)) == (said,)


async def test_a_reply_also_sent_to_the_channel_is_heard() -> None:
    assert await heard(slack_event(in_channel(thread_ts="1.5", subtype="thread_broadcast")))


@pytest.mark.parametrize("channel", ["C1", "G1"])
async def test_talk_in_a_channel_that_is_not_to_us_says_nothing(channel: str) -> None:
    assert await heard(slack_event(in_channel(channel=channel, text="hello <@U2>"))) == ()


async def test_a_message_with_files_counts() -> None:
    (message,) = await heard(slack_event(event(subtype="file_share", text="", files=[{"id": "F1"}])))
    assert message.text == ""


@pytest.mark.parametrize(
    "subtype",
    [
        *["message_changed", "message_deleted", "bot_message", "channel_join", "channel_leave"],
        *["me_message", "channel_topic", "message_replied", "brand_new"],
    ],
)
async def test_edits_and_notices_say_nothing(subtype: str) -> None:
    assert await heard(slack_event(event(subtype=subtype, message={"text": "x", "user": "U1"}))) == ()


@pytest.mark.parametrize(
    "changes",
    [{"app_id": "A7"}, {"user": "UBOT"}, {"user": "USLACKBOT"}, {"user": None}, {"hidden": True}],
    ids=str,
)
async def test_s08_no_bot_is_heard(changes: dict[str, Any]) -> None:
    assert await heard(slack_event(event(**changes))) == ()
    assert await heard(slack_event(in_channel(type="app_mention", text="<@UBOT> hi", **changes))) == ()


def test_s08_what_a_bot_says_is_answered_and_not_kept() -> None:
    """Slack sends us our own posts, too: each would cost a row."""
    assert slack().receive(slack_event(event(bot_id="B1"))) == Received()


async def test_a_person_who_installed_the_app_is_no_bot() -> None:
    installer = {"team_id": "T1", "user_id": "U1", "is_bot": False}
    assert await heard(slack_event(event({"authorizations": [installer]})))


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<tel:+4930123|+49 30 123>", "+49 30 123"),
        ("see <https://a.b/c?d=1>", "see https://a.b/c?d=1"),
        ("<#C1|general> <!here> <@U2>", "#general @here @U2"),
        (" 1 < 2 ", "1 < 2"),
        ("a\x00b\ud800c", "a�b�c"),
    ],
)
async def test_the_text_is_what_the_person_typed(sent: str, typed: str) -> None:
    (message,) = await heard(slack_event(event(text=sent)))
    assert message.text == typed


async def test_a_click_says_the_value_of_its_button_in_the_thread_of_its_message() -> None:
    shown = "C1:1795338000.000200"
    message = InboundMessage("12.34.abc:1795338001.000300", "U1", "YES", thread=shown, answers=shown)
    assert await heard(slack_action(payload("slack_action"))) == (message,)


@pytest.mark.parametrize(
    ("container", "thread", "answers"),
    [
        ({"channel_id": "C1", "message_ts": "2.0", "thread_ts": "1.0"}, "C1:1.0", "C1:2.0"),
        ({"channel_id": "D1", "message_ts": "2.0"}, "", "D1:2.0"),
        ({"type": "view", "view_id": "V1"}, "", ""),
    ],
)
async def test_a_click_names_the_message_of_its_button_and_that_ones_thread(
    container: dict[str, str], thread: str, answers: str
) -> None:
    body = payload("slack_action") | {"container": container, "message": None}
    body["channel"] = {"id": container["channel_id"]} if "channel_id" in container else None
    (message,) = await heard(slack_action(body))
    assert (message.thread, message.answers) == (thread, answers)


@pytest.mark.parametrize("action", [{"type": "button", "url": "https://a.b"}, {"type": "static_select", "value": "x"}])
async def test_other_elements_say_nothing(action: dict[str, str]) -> None:
    body = payload("slack_action") | {"actions": [{"action_id": "a", "block_id": "b", "action_ts": "1.0"} | action]}
    assert await heard(slack_action(body)) == ()


async def test_a_command_says_its_name_and_text_even_if_that_is_payload() -> None:
    message = InboundMessage("12.34.def", "U1", "pay my payload & more")
    assert await heard(slack_command(payload("slack_command"))) == (message,)
    (bare,) = await heard(slack_command(payload("slack_command") | {"text": ""}))
    assert bare.text == "pay"


@pytest.mark.parametrize(
    "body",
    [
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "c"}, "trigger_id": "1.2"},
        {"type": "view_closed", "view": {"type": "modal", "callback_id": "c"}},
        {"type": "shortcut", "callback_id": "c", "trigger_id": "1.2"},
        {"type": "message_action", "callback_id": "c", "trigger_id": "1.2"},
        {"type": "block_suggestion", "action_id": "a", "value": "x"},
        {"type": "brand_new"},
    ],
    ids=lambda body: body["type"],
)
async def test_interactions_we_do_not_offer_say_nothing(body: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    whose = {"user": {"id": "U1"}, "team": {"id": "T1"}, "api_app_id": "A1"}
    with caplog.at_level(logging.DEBUG):
        assert await heard(slack_action(body | whose)) == ()
    assert caplog.records == []


@pytest.mark.parametrize("type_", ["app_home_opened", "team_join", "app_uninstalled", "tokens_revoked", "brand_new"])
async def test_other_events_say_nothing(type_: str) -> None:
    told: dict[str, Any] = {"user": {"id": "U1"}} if type_ == "team_join" else {}
    assert await heard(slack_event(event(type=type_, **told))) == ()


async def test_what_people_write_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await heard(slack_event(event(text="a secret")))
    assert "a secret" not in caplog.text


async def test_reading_survives_an_environment_for_another_app(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await heard(slack_event(event()))


async def test_an_error_of_a_listener_comes_out() -> None:
    broken = KeptRequest("k", "U1", "actions", "payload=" + json.dumps(payload("slack_action") | {"user": 5}))
    with pytest.raises((ValueError, TypeError, AttributeError)):
        await slack().read(broken)
