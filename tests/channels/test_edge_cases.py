"""The edge of each provider where it is narrow: the longest, the emptiest, the oddest that still is a webhook."""

from typing import Any

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.base import InboundMessage, KeptRequest, WebhookRequest
from channels.errors import WebhookRefused
from channels.twilio.signature import Verifier, is_signature
from tests.channels.signing import (
    FORM_TYPE,
    MESSAGE_SID,
    TOKEN,
    Repeating,
    inbound_pairs,
    payload,
    slack,
    slack_action,
    slack_event,
    slack_request,
    sms,
    twilio_request,
)

SHORTCUT = {"type": "shortcut", "trigger_id": "12.34.abc", "user": {"id": "U1"}, "team": {"id": "T1"}}


def key_of(request: WebhookRequest) -> str:
    (item,) = slack().receive(request).items
    assert isinstance(item, KeptRequest)
    return item.key


def reason(request: WebhookRequest, **options: Any) -> tuple[int, str]:
    """How the adapter refuses it, and why: operators read that in the log."""
    adapter = slack(**options) if request.target.startswith("/webhooks/team") else sms(**options)
    with pytest.raises(WebhookRefused) as refused:
        adapter.receive(request)
    return refused.value.status, str(refused.value)


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        (slack_event(payload("slack_event"), secret="forged"), 403, "wrong signature"),
        (slack_event(payload("slack_event"), headers={"x-slack-signature": ""}), 403, "not signed"),
        (slack_event(payload("slack_event") | {"event_id": ""}), 400, "no event_id"),
        (slack_event(payload("slack_event"), headers={"content-type": FORM_TYPE}), 400, "application/json is taken"),
        (slack_event(payload("slack_event") | {"event_id": "E" * 201}), 400, "a key of 201 characters, at most 200"),
        (slack_request("commands", b"command=/pay&text=\x00"), 400, "NUL in the body"),
        (twilio_request(inbound_pairs(From="nobody\n")), 400, "no From"),
    ],
)
def test_a_refusal_says_what_was_wrong(request_: WebhookRequest, status: int, words: str) -> None:
    told = reason(request_)

    assert told[0] == status
    assert words in told[1]


@pytest.mark.parametrize("options", [{"team": "T2"}, {"app_id": "A2"}, {"team": "T1", "app_id": "A2"}])
def test_a_webhook_of_another_app_or_team_is_refused_as_such(options: dict[str, str]) -> None:
    assert reason(slack_event(payload("slack_event")), **options) == (403, "not our app or team")


def test_a_key_of_two_hundred_characters_is_the_longest() -> None:
    assert key_of(slack_event(payload("slack_event") | {"event_id": "E" * 200})) == "E" * 200


def test_a_content_type_may_name_its_charset() -> None:
    plain = slack_event(payload("slack_event"))
    named = slack_event(payload("slack_event"), headers={"content-type": "Application/JSON ; charset=utf-8; x=1"})

    assert key_of(named) == key_of(plain)


def test_an_interaction_with_no_action_in_it_is_kept_under_its_trigger() -> None:
    assert key_of(slack_action(SHORTCUT)) == "12.34.abc"
    assert key_of(slack_action(SHORTCUT | {"actions": []})) == "12.34.abc"
    assert key_of(slack_action(SHORTCUT | {"actions": [{"action_ts": ""}]})) == "12.34.abc"


@pytest.mark.parametrize("actions", ["text", {"0": {}}, ["text"], [None], 1])
def test_actions_that_are_no_list_of_objects_are_refused(actions: Any) -> None:
    assert reason(slack_action(SHORTCUT | {"actions": actions}))[0] == 400


def test_a_picture_without_a_word_is_a_message_without_text() -> None:
    pairs = [(name, value) for name, value in inbound_pairs() if name != "Body"]
    (item,) = sms().receive(twilio_request(pairs)).items

    assert isinstance(item, InboundMessage)
    assert (item.text, item.key, item.consent) == ("", MESSAGE_SID, "")


@pytest.mark.parametrize("public_url", ["https://a.example/", "https://a.example//", "https://a.example/TEX/"])
def test_a_slash_at_the_end_of_the_public_url_is_not_doubled(public_url: str) -> None:
    signed = RequestValidator(TOKEN).compute_signature(public_url.rstrip("/") + "/in", Repeating([]))

    assert Verifier(public_url, (TOKEN,)).accepts("/in", [], signed)


@pytest.mark.parametrize("public_url", ["https://a.example/TEX", "https://a.example"])
def test_no_letter_of_the_public_url_is_lost(public_url: str) -> None:
    signed = RequestValidator(TOKEN).compute_signature(public_url + "/in", Repeating([]))

    assert Verifier(public_url, (TOKEN,)).accepts("/in", [], signed)


def test_bytes_that_are_no_text_are_answered_as_wrongly_signed() -> None:
    assert not Verifier("https://a.example", (TOKEN,)).accepts("/in?\udcff", [("\udcfe", "")], "\udcfd")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RSOYDt4T1cUTdK1PDd93/VVr8B8=", True),
        ("", False),
        ("RSOYDt4T1cUTdK1PDd93/VVr8B8", False),
        ("RSOYDt4T1cUTdK1PDd93/VVr8B8=\n", False),
        ("RSOYDt4T1cUTdK1PDd93/VVr8B8==", False),
        ("-SOYDt4T1cUTdK1PDd93/VVr8B8=", False),
    ],
)
def test_a_signature_has_the_form_of_twenty_bytes(text: str, expected: bool) -> None:
    assert is_signature(text) is expected
