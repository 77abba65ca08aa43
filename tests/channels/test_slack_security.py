"""Which webhooks are refused: the rows s01 to s10 of the security checklist."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Answer, KeptRequest, Received, WebhookRequest
from channels.errors import WebhookRefused
from channels.slack.signature import Verifier
from channels.slack.webhook import MAX_KEY
from tests.channels.signing import (
    NOW,
    SIGNING_SECRET,
    TOKEN,
    payload,
    slack,
    slack_action,
    slack_command,
    slack_event,
    slack_request,
)

EVENT = payload("slack_event")
DOCUMENTED_BODY = (
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def refused(request: WebhookRequest, **options: Any) -> int:
    with pytest.raises(WebhookRefused) as error:
        slack(**options).receive(request)
    return error.value.status


def test_the_published_vector_verifies() -> None:
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    at = datetime.fromtimestamp(1531420618, UTC)
    request = WebhookRequest("commands", "POST", "/", headers, DOCUMENTED_BODY.encode(), at)
    verifier = Verifier(("8f742231b10e8888abcd99yyyzzz85a5",))
    verifier.check(request)
    with pytest.raises(WebhookRefused):
        verifier.check(replace(request, body=request.body + b"&"))


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_text_verifies_as_with_the_sdk(body: bytes) -> None:
    text = body.decode("utf-8", "replace").encode()
    Verifier((SIGNING_SECRET,)).check(slack_request("events", text))


@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-request-timestamp": ""},
        {"x-slack-request-timestamp": "soon"},
        {"x-slack-request-timestamp": "-1"},
        {"x-slack-request-timestamp": "1" * 400},
        {"x-slack-request-timestamp": "١٧٩٥٣٣٨٠٠٠"},
        {"x-slack-request-timestamp": "1795338000.5"},
        {"x-slack-signature": ""},
        {"x-slack-signature": "v0="},
        {"x-slack-signature": "v0=é" + "0" * 63},
        {"x-slack-signature": "v0=" + "0" * 64},
        {"x-slack-signature": "v1=" + "0" * 64},
    ],
)
def test_s01_strange_headers_are_forbidden(headers: dict[str, str]) -> None:
    assert refused(slack_event(EVENT, headers=headers)) == 403


def test_s01_a_request_without_headers_is_forbidden() -> None:
    assert refused(replace(slack_event(EVENT), headers={})) == 403


@pytest.mark.parametrize(
    ("age", "taken"), [(0, True), (299, True), (300, True), (301, False), (-300, True), (-301, False)]
)
def test_s02_a_signature_is_good_for_five_minutes_both_ways(age: int, taken: bool) -> None:
    signed = slack_event(EVENT, age=age)
    assert slack().receive(signed).items if taken else refused(signed) == 403


GARBAGE = [b"", b"{", b"[]", b"null", b"5", b"\xff", b"[" * 100_000, b'{"type": "event_callback", "event_id": {}}']


@pytest.mark.parametrize("body", GARBAGE)
def test_s03_garbage_that_is_not_signed_is_forbidden_unread(body: bytes) -> None:
    request = slack_event(EVENT)
    assert refused(replace(request, body=body)) == 403


@pytest.mark.parametrize("body", [*[one for one in GARBAGE if one != b"\xff"], b'{"a": %s}' % (b"9" * 5000)])
def test_s04_signed_garbage_is_malformed(body: bytes) -> None:
    assert refused(slack_request("events", body)) == 400


@pytest.mark.parametrize("changes", [{"event": 5}, {"event": [1]}, {"event_id": ""}, {"event_id": "E" * (MAX_KEY + 1)}])
def test_s04_a_signed_event_of_the_wrong_shape_is_malformed(changes: dict[str, Any]) -> None:
    assert refused(slack_event(EVENT | changes)) == 400


@pytest.mark.parametrize(
    "request_",
    [
        slack_event(EVENT, headers={"content-type": "text/plain"}),
        slack_command(payload("slack_command"), headers={"content-type": "application/json"}),
        replace(slack_event(EVENT), method="GET"),
        slack_request("actions", b"payload=[]"),
        slack_request("actions", b"payload=%00"),
        slack_request("commands", b"a\x00b=1"),
        slack_request("commands", b"&" * 1000),
    ],
    ids=["no JSON", "no form", "GET", "a list", "NUL", "raw NUL", "many fields"],
)
def test_s04_signed_requests_in_another_form_are_malformed(request_: WebhookRequest) -> None:
    assert refused(request_) == 400


OURS = {"team": "T1", "app_id": "A1"}


@pytest.mark.parametrize("options", [OURS, {"team": "T1"}, {"app_id": "A1"}, {}])
def test_s05_our_app_and_team_are_let_in(options: dict[str, str]) -> None:
    for signed in (
        slack_event(EVENT),
        slack_action(payload("slack_action")),
        slack_command(payload("slack_command")),
    ):
        assert slack(**options).receive(signed).items


@pytest.mark.parametrize("options", [{"team": "T2"}, {"app_id": "A2"}, {"team": "T2", "app_id": "A1"}])
def test_s05_other_apps_and_teams_are_forbidden(options: dict[str, str]) -> None:
    for signed in (
        slack_event(EVENT),
        slack_action(payload("slack_action")),
        slack_command(payload("slack_command")),
    ):
        assert refused(signed, **options) == 403


def test_s05_in_a_shared_channel_the_team_it_was_delivered_for_counts() -> None:
    foreign = EVENT | {"team_id": "T9"}
    assert slack(**OURS).receive(slack_event(foreign | {"is_ext_shared_channel": True})).items
    assert refused(slack_event(foreign), **OURS) == 403


def test_s06_a_challenge_is_answered_only_when_signed() -> None:
    body = {"type": "url_verification", "token": "t", "challenge": 'x"y'}
    answer = Answer(200, "application/json", json.dumps({"challenge": 'x"y'}).encode())
    assert slack(**OURS).receive(slack_event(body)) == Received((), answer)
    assert refused(slack_event(body, secret="other")) == 403


def test_s07_a_certificate_check_needs_a_signature() -> None:
    assert slack(**OURS).receive(slack_command({"ssl_check": "1", "token": "t"})) == Received()
    assert refused(slack_command({"ssl_check": "1", "token": "t"}, secret="other")) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-bolt-lazy-only": "1"},
        {"x-slack-bolt-lazy-only": "1", "x-slack-bolt-lazy-function-name": "_hear_event"},
        {"x-slack-retry-num": "3", "x-slack-retry-reason": "http_timeout"},
    ],
)
async def test_s09_headers_that_steer_the_framework_have_no_effect(headers: dict[str, str]) -> None:
    channel = slack()
    received = channel.receive(slack_event(EVENT, headers=headers))
    assert received == channel.receive(slack_event(EVENT))
    (kept,) = received.items
    assert isinstance(kept, KeptRequest)
    assert len(await channel.read(kept)) == 1


@pytest.mark.parametrize("secret", [TOKEN, "other"])
def test_s10_a_secret_of_another_channel_does_not_sign(secret: str) -> None:
    assert refused(slack_event(EVENT, secret=secret)) == 403


def test_during_a_rotation_both_secrets_are_accepted() -> None:
    for secret in ("new", SIGNING_SECRET):
        assert slack(signing_secrets=("new", SIGNING_SECRET)).receive(slack_event(EVENT, secret=secret)).items


@pytest.mark.parametrize("secrets", [(), ("",), ("  ",), (SIGNING_SECRET, "")])
def test_a_channel_without_a_secret_is_refused(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="secret"):
        slack(signing_secrets=secrets)


def test_no_secret_is_shown() -> None:
    shown = repr(slack())
    assert SIGNING_SECRET not in shown
    assert "xoxb-test" not in shown


def test_an_unknown_route_is_not_found() -> None:
    assert refused(replace(slack_event(EVENT), route="oauth")) == 404


def test_the_time_is_the_requests_own() -> None:
    assert refused(replace(slack_event(EVENT), at=NOW.replace(hour=10))) == 403
