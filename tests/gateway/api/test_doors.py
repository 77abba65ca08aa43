"""The API's doors: tokens, content types, sizes, and problems as RFC 9457 says."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.api import bodies as api_bodies
from gateway.api.rows import MAX_ROWS
from storage.errors import StorageUnavailable
from tests.gateway.desk import CAMPAIGN, Client, Desk
from tests.gateway.example_rules import ECHO
from tests.gateway.running import running

PARTICIPANTS = f"{CAMPAIGN}/participants"


async def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status == status
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = await response.json(content_type=None)
    assert body["status"] == status
    assert body["type"].startswith("urn:pointsman:problem:")
    assert body["title"]
    return body


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong-token-of-tests", "Basic token-of-the-tests", "token-of-the-tests"],
)
@pytest.mark.parametrize("path", ["/campaigns", PARTICIPANTS, "/nowhere"])
async def test_nobody_comes_in_without_the_token(desk: Desk, authorization: str | None, path: str) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with TestClient(TestServer(desk.application())) as client:
        response = await client.get(path, headers=headers)

        await problem(response, 401)
        assert response.headers["WWW-Authenticate"].startswith('Bearer realm="pointsman"')


async def test_two_tokens_are_no_token(desk: Desk, api: Client) -> None:
    response = await api.get("/campaigns", headers=[("Authorization", "Bearer x"), ("Authorization", "Bearer y")])

    await problem(response, 401)


async def test_an_unknown_campaign_gets_a_hint(api: Client) -> None:
    body = await problem(await api.get("/campaigns/payment_remindr"), 404)

    assert 'did you mean "payment_reminder"?' in body["detail"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/campaigns", 405)])
async def test_errors_of_routing_are_problems_too(api: Client, method: str, path: str, status: int) -> None:
    response = await api.request(method, path)

    await problem(response, status)
    assert status != 405 or "GET" in response.headers["Allow"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1,]",
        b'{"fields": NaN}',
        b'{"a": 1, "a": 2}',
        b"\xff",
        b"[" * 100_000,
        b'"text"',
        b"3",
        b"9" * 5000,
    ],
)
async def test_a_body_that_is_no_json_of_participants_is_malformed(api: Client, body: bytes) -> None:
    response = await api.put(PARTICIPANTS, data=body, headers={"Content-Type": "application/json"})

    await problem(response, 400)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
async def test_another_content_type_is_refused(api: Client, content_type: str) -> None:
    response = await api.put(PARTICIPANTS, data=b"{}", headers={"Content-Type": content_type})

    await problem(response, 415)
    assert response.headers["Accept"] == "application/json"


@pytest.mark.parametrize("count", [0, MAX_ROWS + 1])
async def test_a_list_has_a_limit_that_is_named(api: Client, count: int) -> None:
    body = await problem(await api.put(PARTICIPANTS, json=[{}] * count), 422)

    assert str(MAX_ROWS) in body["title"]


async def test_a_body_that_is_too_large_is_refused(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_bodies, "MAX_JSON_BYTES", 10)
    told = await api.put(PARTICIPANTS, data=b" " * 11, headers={"Content-Type": "application/json"})
    body = await problem(told, 413)

    assert "10 bytes" in body["title"]


@pytest.mark.parametrize(
    ("path", "status"), [("participants?after=%00", 422), ("participants?after=x", 422), ("uploads/%00", 404)]
)
async def test_what_can_be_no_id_is_never_asked_of_a_database(
    tmp_path: Path, database_url: str, path: str, status: int
) -> None:
    async with (
        running(tmp_path, ECHO, database=database_url) as world,
        world.api("GET", f"campaigns/echo/{path}", b"") as answer,
    ):
        await problem(answer, status)


async def test_a_database_that_is_away_is_told_and_nothing_is_accepted(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(work: Any) -> Any:
        raise StorageUnavailable("disk I/O error")

    monkeypatch.setattr(desk.storage, "run", away)
    response = await api.put(PARTICIPANTS, json={"external_id": "A", "fields": {"amount_due": 1}})

    body = await problem(response, 503)
    assert "Retry-After" in response.headers
    assert "disk" not in json.dumps(body)
    assert "nobody knows whether anything was kept" in body["detail"]


async def test_an_unforeseen_error_tells_nothing(desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(work: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(desk.storage, "read", broken)
    response = await api.get("/campaigns")

    assert "secret" not in json.dumps(await problem(response, 500))
