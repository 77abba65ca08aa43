"""What is let in at the edge can be read behind it, whatever its shape."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Incoming, KeptRequest, WebhookRequest
from channels.errors import WebhookRefused
from channels.slack.shape import MAX_NESTED, TYPES
from tests.channels.signing import payload, slack, slack_action, slack_command, slack_event, slack_request

VIEW = {"type": "view_submission", "view": {"type": "modal", "callback_id": "c"}, "user": {"id": "U1"}}
BODIES = [
    (slack_event, payload("slack_event")),
    (slack_action, payload("slack_action")),
    (slack_action, VIEW),
    (slack_command, payload("slack_command")),
]
NAMES = [*TYPES, "type", "is_ext_shared_channel", "callback_id", "thread_ts", "subtype", "action_id"]
KINDS = ["block_actions", "view_submission", "view_closed", "shortcut", "event_callback", "app_mention"]
ODD: list[Any] = [None, True, 5, "", [], {}, ["id"], [5], [{}], [None], {"id": 5}, {"event": {"event": {}}}, *KINDS]


def refused(request: WebhookRequest) -> int:
    with pytest.raises(WebhookRefused) as refusal:
        slack().receive(request)
    return refusal.value.status


@pytest.mark.parametrize(
    "changes",
    [
        {"event": None},
        {"event": {}},
        {"event": {"type": 5}},
        {"authorizations": 5},
        {"authorizations": [None]},
        {"team": ["id"]},
        {"enterprise": 5},
        {"command": 5},
    ],
    ids=str,
)
def test_an_event_that_could_not_be_read_is_refused_at_the_edge(changes: dict[str, Any]) -> None:
    assert refused(slack_event(payload("slack_event") | changes)) == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"type": ""},
        {"actions": []},
        {"actions": None},
        {"actions": [5]},
        {"actions": [{"type": "button"}]},
        {"user": 5},
        {"user": "U1"},
        {"channel": "C1"},
        {"container": "C1"},
        {"response_urls": None},
        {"type": "view_submission"},
        {"type": "view_submission", "view": None},
        {"type": "view_submission", "view": {"callback_id": "c"}},
    ],
    ids=str,
)
def test_an_interaction_that_could_not_be_read_is_refused_at_the_edge(changes: dict[str, Any]) -> None:
    assert refused(slack_action(payload("slack_action") | changes)) == 400


def test_a_form_that_is_no_command_and_no_interaction_is_refused_at_the_edge() -> None:
    event = {"command": "/pay", "type": "event_callback", "event": "type"}
    assert [refused(slack_command({"text": "pay"})), refused(slack_command(event))] == [400, 400]
    assert refused(slack_request("actions", b"text=pay")) == 400


@pytest.mark.parametrize("name", ["event", "message"])
def test_objects_within_one_another_without_end_are_refused_at_the_edge(name: str) -> None:
    nested = payload("slack_event")["event"]
    for _ in range(MAX_NESTED):
        nested = {"type": "message", name: nested}
    assert refused(slack_event(payload("slack_event") | {"event": nested})) == 400


@settings(max_examples=150, deadline=None)
@given(st.data())
async def test_whatever_is_let_in_can_be_read(data: st.DataObject) -> None:
    sign, body = data.draw(st.sampled_from(BODIES))
    changed = json.loads(json.dumps(body))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(list(objects_in(changed))))
        name = data.draw(st.sampled_from([*place, *NAMES]))
        place[name] = json.loads(json.dumps(data.draw(st.sampled_from(ODD))))
    for item in let_in(sign(changed)):
        assert isinstance(item, KeptRequest)
        await slack().read(item)


def let_in(request: WebhookRequest) -> tuple[Incoming, ...]:
    """What a signed request brings; nothing where it is refused as malformed."""
    try:
        return slack().receive(request).items
    except WebhookRefused as refusal:
        if refusal.status != 400:
            raise
        return ()


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(inner)
