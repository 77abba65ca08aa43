"""Whoever is refused again and again is answered 429; whoever signs, or has the token, never is."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import WebhookRequest
from gateway import buckets
from gateway.buckets import Buckets
from tests.channels.signing import inbound_pairs, payload, slack_event, twilio_request
from tests.gateway.edge import API_TOKEN, PROJECT, Answered, Edge, edge, headed, lines_of
from tests.gateway.raw_http import send

BURST = 3
FORGED = twilio_request(inbound_pairs(), token="another-token")
UNSIGNED = replace(FORGED, headers={"content-type": "application/x-www-form-urlencoded"})
BEHIND_PROXY = f'trusted_proxies = ["127.0.0.0/8", "10.0.0.0/8"]\n{PROJECT}'


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway that refuses an address `BURST` times before it is limited."""
    async with edge(tmp_path, burst=BURST, project=BEHIND_PROXY) as opened:
        yield opened


async def api(at: Edge, token: str, *headers: str) -> Answered:
    return await at.exchange("GET /api/v1/campaigns HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", *headers)


async def unknown(at: Edge, *headers: str) -> Answered:
    return await at.exchange("GET /wp-login.php HTTP/1.1", "Host: x", *headers)


async def forged(at: Edge, *headers: str) -> Answered:
    return await at.exchange(*lines_of(FORGED), *headers, body=FORGED.body)


async def malformed(at: Edge, *headers: str) -> Answered:
    request = slack_event({"no": "event"})
    return await at.exchange(*lines_of(request), *headers, body=request.body)


@pytest.mark.parametrize(
    ("refused", "status"),
    [(forged, 403), (malformed, 403), (unknown, 404), (lambda at, *h: api(at, "wrong", *h), 401)],
    ids=["forged", "malformed", "unknown path", "wrong token"],
)
async def test_an_address_refused_too_often_is_answered_429_and_told_when_to_come_again(
    strict: Edge, refused: Callable[..., object], status: int
) -> None:
    answers = [await refused(strict) for _ in range(BURST + 2)]  # type: ignore[misc]
    assert [answer.status for answer in answers] == [status] * BURST + [429] * 2
    assert all(1 <= int(answer.headers["retry-after"]) <= 1000 for answer in answers[-2:])


async def drained(at: Edge) -> Edge:
    while (await unknown(at)).status != 429:
        pass
    return at


async def test_a_limited_address_is_answered_before_its_body_is_read(strict: Edge) -> None:
    await drained(strict)
    wire = await send(strict.url, *lines_of(replace(UNSIGNED, body=b"")), "Content-Length: 100", "", body=b"half")
    assert await wire.status() in (400, 429)  # 400 where a second Content-Length is refused by the parser
    await wire.close()
    headers = {"host": "x", "content-type": "text/plain", "content-length": "1000"}
    wire = await send(strict.url, "POST /webhooks/sms/inbound HTTP/1.1", *headed(headers), "", body=b"half of it")
    assert await wire.status() == 429
    await wire.close()


@pytest.mark.parametrize(
    "signed", [twilio_request(inbound_pairs()), slack_event(payload("slack_event"))], ids=["Twilio", "Slack"]
)
async def test_signed_traffic_is_never_limited_whatever_else_comes_from_its_address(
    strict: Edge, signed: WebhookRequest
) -> None:
    await drained(strict)
    for _ in range(BURST + 2):
        answer = await strict.ask(signed)
        assert answer.status == 200
    assert strict.kept() == 1


async def test_who_has_the_token_is_never_limited(strict: Edge) -> None:
    assert [(await api(strict, "wrong")).status for _ in range(BURST)] == [401] * BURST
    assert [(await api(strict, API_TOKEN)).status for _ in range(BURST + 2)] == [200] * (BURST + 2)
    limited = await api(strict, "wrong")
    assert (limited.status, limited.headers["content-type"]) == (429, "application/problem+json; charset=utf-8")


async def test_wrong_tokens_are_counted_by_themselves(strict: Edge) -> None:
    await drained(strict)
    assert (await api(strict, "wrong")).status == 401


async def test_whoever_asks_for_health_is_never_limited(strict: Edge) -> None:
    await drained(strict)
    assert (await strict.exchange("GET /readyz HTTP/1.1", "Host: x")).status == 200


async def test_behind_a_trusted_proxy_each_client_has_a_limit_of_its_own(strict: Edge) -> None:
    for _ in range(BURST + 1):
        last = await unknown(strict, "X-Forwarded-For: 192.0.2.1, 10.1.1.1")
    assert last.status == 429
    assert (await unknown(strict, "X-Forwarded-For: 192.0.2.2, 10.1.1.1")).status == 404
    assert (await unknown(strict, "X-Forwarded-For: 192.0.2.2, 192.0.2.1")).status == 429


async def test_without_a_trusted_proxy_the_header_is_not_believed(tmp_path: Path) -> None:
    async with edge(tmp_path, burst=BURST) as untrusting:
        answers = [await unknown(untrusting, f"X-Forwarded-For: 192.0.2.{n}") for n in range(BURST + 1)]
    assert answers[-1].status == 429


async def test_what_a_limited_address_sends_is_not_logged_line_by_line(
    strict: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(BURST + 20):
        await forged(strict)
    assert capsys.readouterr().out.count("webhook_refused") <= BURST + 2


async def test_the_metrics_count_what_was_limited(strict: Edge) -> None:
    await drained(strict)
    page = await strict.exchange("GET /metrics HTTP/1.1", "Host: x")
    assert b"pointsman_limited_total 1.0" in page.body


def test_an_address_gets_its_refusals_back_one_a_second() -> None:
    now = [0.0]
    bucket = Buckets(lambda: now[0])
    assert [bucket.take("a") for _ in range(buckets.BURST + 1)] == [True] * buckets.BURST + [False]
    assert bucket.wait("a") == 1
    now[0] += 2
    assert [bucket.take("a") for _ in range(3)] == [True, True, False]
    now[0] += 10_000
    assert [bucket.take("a") for _ in range(buckets.BURST + 1)] == [True] * buckets.BURST + [False]


def test_only_so_many_addresses_are_remembered_and_the_newest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "MAX_ADDRESSES", 3)
    bucket = Buckets(lambda: 0.0)
    for address in ("a", "b", "c", "a", "d"):
        while bucket.take(address):
            pass
    assert len(bucket) == 3
    assert [address for address in "abcd" if bucket.wait(address)] == ["a", "c", "d"]
