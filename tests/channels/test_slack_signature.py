"""The verifier against Slack's published vector and the SDK's own; what an adapter refuses and shows."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import WebhookRequest
from channels.errors import WebhookRefused
from channels.slack.signature import Verifier
from tests.channels.signing import (
    NOW,
    SIGNING_SECRET,
    payload,
    slack,
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
