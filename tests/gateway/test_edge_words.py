"""What the public edge tells: operators in the log, adapters of the request, providers in the answer."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from channels.base import Answer, Received, WebhookRequest
from gateway import ingress
from gateway.bells import READER
from gateway.ready_answers import response
from gateway.shedding import Crowd
from tests.channels.signing import inbound_pairs, payload, slack_event, twilio_request
from tests.gateway.edge import Edge, edge

FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Edge]:
    async with edge(tmp_path) as opened:
        yield opened


async def test_what_is_refused_is_logged_with_its_status_and_the_reason(gate: Edge) -> None:
    with capture_logs() as logs:
        await gate.exchange("GET /webhooks/sms/inbound HTTP/1.1", "Host: x", "Connection: close")
        await gate.exchange("POST /webhooks/sms/inbound HTTP/1.1", "Host: x", FORM, "Content-Length: 0")
    told = [(line["channel"], line["status"], line["reason"]) for line in logs if line["event"] == "webhook_refused"]

    assert [(channel, status) for channel, status, _ in told] == [("sms", 405), ("sms", 403)]
    assert told[0][2] == "GET, not POST"
    assert "signed" in told[1][2]


async def test_what_there_is_no_room_for_is_refused_unread_and_asked_for_again(
    gate: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Crowd, "refusal", lambda crowd: "too many at once")
    answer = await gate.ask(twilio_request(inbound_pairs()))

    assert (answer.status, answer.headers["retry-after"], answer.body, answer.kept) == (503, "1", b"", 0)


async def test_whoever_goes_on_with_an_event_is_woken_once_it_is_kept_and_not_for_a_repeat(
    gate: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: Counter[str] = Counter()
    monkeypatch.setattr(gate.gateway.worker_bell, "ring", partial(woken.update, ["worker"]))
    monkeypatch.setattr(gate.gateway.bells, "ring", lambda *names: woken.update(names))
    for request in (twilio_request(inbound_pairs()), slack_event(payload("slack_event"))):
        answers = [await gate.ask(request), await gate.ask(request)]
        assert [answer.status for answer in answers] == [200, 200]

    assert (woken["worker"], woken[READER]) == (1, 1)


async def test_an_adapter_is_given_the_request_as_it_came_and_the_real_time(
    gate: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[WebhookRequest] = []

    def receive(request: WebhookRequest) -> Received:
        seen.append(request)
        return Received()

    monkeypatch.setattr(ingress, "datetime", datetime)
    monkeypatch.setattr(gate.gateway.adapters["sms"], "receive", receive)
    sent = twilio_request(inbound_pairs(), query="?m=1%20&x=%C3%BC")
    await gate.ask(sent)

    (request,) = seen
    assert (request.route, request.method, request.target, request.body) == (
        sent.route,
        "POST",
        sent.target,
        sent.body,
    )
    assert request.headers.items() >= sent.headers.items()
    assert request.at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - request.at) < timedelta(minutes=1)


@pytest.mark.parametrize("answer", [Answer(200, "text/xml", b"<Response/>"), Answer(202, "", b"")])
def test_what_the_adapter_says_is_what_the_provider_is_answered(answer: Answer) -> None:
    told = response(answer)

    assert (told.status, told.body) == (answer.status, answer.body or b"")
    assert told.headers.get("Content-Type", "") == answer.content_type
