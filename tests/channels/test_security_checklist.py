"""The rows of the security checklist that concern every webhook, whoever sends it; those of one provider are in
``test_security_checklist_twilio.py`` and ``test_security_checklist_slack.py``."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from channels.base import WebhookRequest
from gateway import ingress
from gateway.cli import main
from storage.errors import QueueFull, StorageUnavailable
from tests.channels.signing import inbound_pairs, payload, slack_event, slack_request, twilio_request
from tests.gateway.edge import PROJECT, SECRETS, Edge, edge, lines_of
from tests.gateway.raw_http import send

MESSAGE, EVENT = twilio_request(inbound_pairs()), slack_event(payload("slack_event"))
BOTH = pytest.mark.parametrize("request_", [MESSAGE, EVENT], ids=["Twilio", "Slack"])


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Edge]:
    async with edge(tmp_path) as opened:
        yield opened


@BOTH
@pytest.mark.parametrize("error", [StorageUnavailable("disk full"), QueueFull("5000 wait")], ids=["disk", "queue"])
async def test_11_what_is_not_stored_is_answered_503_never_200_and_asked_for_again(
    gate: Edge, monkeypatch: pytest.MonkeyPatch, request_: WebhookRequest, error: Exception
) -> None:
    async def fail(event: object) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(gate.gateway.inbox, "keep", fail)
        answer = await gate.ask(request_)
    assert (answer.status, answer.headers["retry-after"], answer.body, answer.kept) == (503, "1", b"", 0)
    again = await gate.ask(request_)
    assert (again.status, again.kept) == (200, 1)


LIMIT = 262_144  # bytes, 256 KiB
LONG = b"a" * (LIMIT + 1)


@BOTH
async def test_19_a_body_past_the_limit_is_413_before_any_work_whether_or_not_its_length_is_told(
    gate: Edge, request_: WebhookRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate.gateway.adapters[request_.target.split("/")[2]], "receive", None)
    chunked = replace(request_, headers={**request_.headers, "transfer-encoding": "chunked"})
    lines = [line for line in lines_of(chunked) if not line.startswith("content-length")]
    told = await gate.ask(replace(request_, body=LONG))
    untold = await gate.exchange(*lines, body=b"%x\r\n%s\r\n" % (len(LONG), LONG))
    assert (told.status, untold.status, gate.kept()) == (413, 413, 0)


async def test_19_a_signed_body_of_just_the_limit_is_taken(gate: Edge) -> None:
    filled = urlencoded_to(LIMIT)
    answer = await gate.ask(filled)
    assert (answer.status, answer.kept) == (200, 1)


def urlencoded_to(size: int) -> WebhookRequest:
    bare = len(twilio_request(inbound_pairs(Body="")).body)
    return twilio_request(inbound_pairs(Body="a" * (size - bare)))


def unset(name: str) -> dict[str, str]:
    return {key: value for key, value in SECRETS.items() if key != name}


@pytest.mark.parametrize(
    ("secrets", "public_url", "complaint"),
    [
        (SECRETS | {"POINTSMAN_API_TOKEN": ""}, "https://gw.example.com", "POINTSMAN_API_TOKEN is empty"),
        (unset("POINTSMAN_API_TOKEN"), "https://gw.example.com", "POINTSMAN_API_TOKEN is missing"),
        (SECRETS | {"POINTSMAN_CHANNELS__SMS__AUTH_TOKEN": "short"}, "https://gw.example.com", "is too short"),
        (SECRETS | {"POINTSMAN_CHANNELS__SMS__AUTH_TOKEN": " " * 32}, "https://gw.example.com", "is empty"),
        (unset("POINTSMAN_CHANNELS__TEAM__SIGNING_SECRET"), "https://gw.example.com", "SIGNING_SECRET is missing"),
        (SECRETS, "http://gw.example.com", "must begin with https://"),
        (SECRETS, "https://gw.example.com#rc=5", "fragment"),
        (SECRETS, "https://user:secret@gw.example.com", "user name or password"),
        (SECRETS, "https://gw.example.com?a=1", "query"),
    ],
)
def test_20_it_refuses_to_start_with_an_empty_or_short_secret_or_an_unsafe_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secrets: dict[str, str], public_url: str, complaint: str
) -> None:
    for name in [name for name in os.environ if name.startswith("POINTSMAN_")]:
        monkeypatch.delenv(name)
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("gateway.logs.set_up_logs", lambda: None)
    (tmp_path / "rules").mkdir()
    (tmp_path / "pointsman.toml").write_text(PROJECT.replace("https://gw.example.com", public_url))
    result = CliRunner().invoke(main, ["run", "-C", str(tmp_path)])
    assert result.exit_code == 2
    assert complaint in result.output
    assert not (tmp_path / "pointsman.db").exists()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (slack_request("events", b"{"), 400),
        (twilio_request(inbound_pairs(MessageSid="")), 400),
        (twilio_request(inbound_pairs(), token="another-token"), 403),
        (slack_event(payload("slack_event"), secret="another-secret"), 403),
        (replace(MESSAGE, target="/webhooks/fax/inbound"), 404),
        (replace(EVENT, target="/webhooks/team/oauth"), 404),
        (replace(MESSAGE, target="/webhooks/sms/voice"), 404),
        (replace(MESSAGE, method="PUT"), 405),
        (replace(MESSAGE, body=LONG), 413),
        (replace(MESSAGE, headers={**MESSAGE.headers, "content-encoding": "gzip"}), 415),
    ],
)
async def test_21_the_bodies_of_error_answers_are_empty(gate: Edge, request_: WebhookRequest, status: int) -> None:
    answer = await gate.ask(request_)
    assert (answer.status, answer.body, answer.kept) == (status, b"", 0)


async def test_21_so_are_those_of_408_and_429(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingress, "BODY_SECONDS", 0.05)
    async with edge(tmp_path, burst=1) as strict:
        late = [line.replace(str(len(MESSAGE.body)), "10000") for line in lines_of(MESSAGE)]
        slow = await strict.exchange(*late, body=b"half of it")
        limited = await strict.ask(replace(MESSAGE, headers={}))
    assert [(answer.status, answer.body) for answer in (slow, limited)] == [(408, b""), (429, b"")]


@pytest.mark.parametrize("bad", ["GET / HTTP/1.1\r\nhush : x", "GET /hush\x01 HTTP/1.1", "HUSH\x00 / HTTP/9.9"])
async def test_21_nor_does_the_answer_to_malformed_http_quote_what_was_sent(gate: Edge, bad: str) -> None:
    wire = await send(gate.url, bad, "", "")
    answer = await wire.reader.read()
    await wire.close()
    assert answer.split()[1] == b"400"
    assert b"hush" not in answer.lower()
