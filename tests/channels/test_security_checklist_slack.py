"""The rows of the security checklist that concern Slack's webhooks: bytes into a running gateway, rows out of its
database. ``docs/explanation/security.md`` lists them."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from channels.base import WebhookRequest
from channels.slack.webhook import MAX_KEY
from tests.channels.signing import (
    TOKEN,
    payload,
    slack_action,
    slack_command,
    slack_event,
    slack_request,
)
from tests.gateway.edge import Answered, Edge, edge

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENT = payload("slack_event")
IDS = iter(f"Ev{number:08d}" for number in range(10_000))
TRIGGERS = iter(f"{number}.1.abc" for number in range(10_000))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    async with edge(tmp_path_factory.mktemp("gate")) as opened:
        yield opened


def fresh(**changes: Any) -> dict[str, Any]:
    """An event that was never sent before."""
    return EVENT | {"event_id": next(IDS)} | changes


def of_each_kind(**changes: Any) -> list[WebhookRequest]:
    """An event, a press and a command, none of them sent before."""
    action, command = payload("slack_action"), payload("slack_command")
    return [
        slack_event(fresh(**changes)),
        slack_action(action | {"trigger_id": next(TRIGGERS)} | in_team(action, changes)),
        slack_command(command | {"trigger_id": next(TRIGGERS)} | changes),
    ]


def in_team(action: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    team = {"team": action["team"] | {"id": changes["team_id"]}} if "team_id" in changes else {}
    return {name: value for name, value in changes.items() if name != "team_id"} | team


async def refused(gate: Edge, request: WebhookRequest) -> int:
    """The status of a request of which nothing was kept and nothing told."""
    answer = await gate.ask(request)
    assert (answer.kept, answer.body) == (0, b"")
    return answer.status


async def taken(gate: Edge, request: WebhookRequest) -> Answered:
    answer = await gate.ask(request)
    assert (answer.status, answer.kept) == (200, 1)
    return answer


async def test_01_what_slack_did_not_sign_is_403_and_nothing_is_stored(gate: Edge) -> None:
    signed = slack_event(fresh())
    assert await refused(gate, slack_event(fresh(), secret="another-secret")) == 403
    assert await refused(gate, replace(signed, body=signed.body + b" ")) == 403
    assert await refused(gate, replace(signed, headers={"content-type": "application/json"})) == 403


async def test_09_a_retry_of_slack_and_40_doubles_at_once_leave_one_row(gate: Edge) -> None:
    body, before = fresh(), gate.kept()
    retry = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
    doubles = [slack_event(body), slack_event(body, age=20, headers=retry)] * 20
    answers = await asyncio.gather(*(gate.ask(request) for request in doubles))
    assert {answer.status for answer in answers} == {200}
    assert gate.kept() == before + 1


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
async def test_12_strange_headers_are_403_and_not_500(gate: Edge, headers: dict[str, str]) -> None:
    assert await refused(gate, slack_event(EVENT, headers=headers)) == 403


@pytest.mark.parametrize(
    ("age", "taken_"), [(0, True), (299, True), (300, True), (301, False), (-300, True), (-301, False)]
)
async def test_12_a_signature_is_good_for_300_seconds_both_ways(gate: Edge, age: int, taken_: bool) -> None:
    signed = slack_event(fresh(), age=age)
    if taken_:
        await taken(gate, signed)
    else:
        assert await refused(gate, signed) == 403


@pytest.mark.parametrize("age", [3600, -3600])
async def test_12_a_clock_that_is_wrong_is_told_in_the_log(gate: Edge, age: int) -> None:
    """Only who knows the secret can make it so: Slack, while our clock is wrong, or somebody who has a recording."""
    with capture_logs() as logs:
        assert await refused(gate, slack_event(fresh(), age=age)) == 403
    (line,) = logs
    assert line["reason"] == f"rightly signed, {age} s ago: sent again, or the clock of this machine is wrong"


GARBAGE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"5",
    b"\xff",
    b"[" * 100_000,
    b'{"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": {}}',
]


@pytest.mark.parametrize("body", GARBAGE)
async def test_13_garbage_that_is_not_signed_is_403_unread(gate: Edge, body: bytes) -> None:
    assert await refused(gate, replace(slack_event(EVENT), body=body)) == 403


@pytest.mark.parametrize("body", [*(one for one in GARBAGE if one != b"\xff"), b'{"a": %s}' % (b"9" * 5000)])
async def test_13_signed_garbage_is_400(gate: Edge, body: bytes) -> None:
    assert await refused(gate, slack_request("events", body)) == 400


@pytest.mark.parametrize("changes", [{"event": 5}, {"event": [1]}, {"event_id": ""}, {"event_id": "E" * (MAX_KEY + 1)}])
async def test_13_a_signed_event_of_the_wrong_shape_is_400(gate: Edge, changes: dict[str, Any]) -> None:
    assert await refused(gate, slack_event(EVENT | changes)) == 400


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (slack_event(EVENT, headers={"content-type": "text/plain"}), 400),
        (slack_command(payload("slack_command"), headers={"content-type": "application/json"}), 400),
        (replace(slack_event(EVENT), method="GET"), 405),
        (slack_request("actions", b"payload=[]"), 400),
        (slack_request("actions", b"payload=%00"), 400),
        (slack_request("commands", b"a\x00b=1"), 400),
        (slack_request("commands", b"&" * 1000), 400),
    ],
    ids=["no JSON", "no form", "GET", "a list", "NUL", "raw NUL", "many fields"],
)
async def test_08_signed_requests_in_another_form_are_refused(
    gate: Edge, request_: WebhookRequest, status: int
) -> None:
    assert await refused(gate, request_) == status


async def test_14_our_app_and_team_are_let_in(gate: Edge) -> None:
    for signed in of_each_kind():
        await taken(gate, signed)


@pytest.mark.parametrize("changes", [{"team_id": "T2"}, {"api_app_id": "A2"}, {"team_id": "T2", "api_app_id": "A2"}])
async def test_14_other_apps_and_teams_are_403_though_signed(gate: Edge, changes: dict[str, str]) -> None:
    for signed in of_each_kind(**changes):
        assert await refused(gate, signed) == 403


async def test_14_in_a_shared_channel_the_team_it_was_delivered_for_counts(gate: Edge) -> None:
    foreign = {"team_id": "T9"}
    await taken(gate, slack_event(fresh(**foreign, is_ext_shared_channel=True)))
    assert await refused(gate, slack_event(fresh(**foreign))) == 403


async def test_15_a_challenge_is_answered_only_when_signed(gate: Edge) -> None:
    body = {"type": "url_verification", "token": "t", "challenge": 'x"y'}
    answer = await gate.ask(slack_event(body))
    assert (answer.status, json.loads(answer.body), answer.kept) == (200, {"challenge": 'x"y'}, 0)
    assert await refused(gate, slack_event(body, secret="other")) == 403


async def test_15_a_certificate_check_needs_a_signature(gate: Edge) -> None:
    answer = await gate.ask(slack_command({"ssl_check": "1", "token": "t"}))
    assert (answer.status, answer.body, answer.kept) == (200, b"", 0)
    assert await refused(gate, slack_command({"ssl_check": "1", "token": "t"}, secret="other")) == 403


@pytest.mark.parametrize(
    "changes",
    [{"bot_id": "B1"}, {"bot_id": "B1", "app_id": "A1"}, {"bot_id": "B2", "subtype": "bot_message", "user": None}],
)
async def test_16_what_any_bot_says_is_answered_and_not_kept(gate: Edge, changes: dict[str, Any]) -> None:
    said = EVENT["event"] | changes
    answer = await gate.ask(slack_event(fresh(event={name: value for name, value in said.items() if value})))
    assert (answer.status, answer.kept) == (200, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-bolt-lazy-only": "1"},
        {"x-slack-bolt-lazy-only": "1", "x-slack-bolt-lazy-function-name": "_hear_event"},
        {"x-slack-retry-num": "3", "x-slack-retry-reason": "http_timeout"},
        {"x-slack-no-retry": "1"},
    ],
)
async def test_17_headers_that_steer_the_framework_have_no_effect(gate: Edge, headers: dict[str, str]) -> None:
    await taken(gate, slack_event(fresh(), headers=headers))
    assert "bolt" not in json.dumps(gate.payloads()[-1])


@pytest.mark.parametrize("secret", [TOKEN, "other"])
async def test_18_twilios_token_signs_nothing_of_slack(gate: Edge, secret: str) -> None:
    assert await refused(gate, slack_event(fresh(), secret=secret)) == 403
