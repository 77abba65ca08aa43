"""Tokens of the database: what they are for, until when, and how many requests they have."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from pydantic import SecretStr

from gateway.api.access import TRUSTED_FOR, USE_NOTED_EVERY, Access, issue
from gateway.api.scopes import Scope
from storage.database import Storage
from tests.gateway.desk import AUTHORIZED, CAMPAIGN, NOW, Client, Desk

LIST, START = ("GET", "/campaigns"), ("POST", f"{CAMPAIGN}/start")


async def given(desk: Desk, scope: Scope = Scope.READ, hours: float | None = None) -> tuple[str, str]:
    """A new token and its id."""
    token, row = issue(f"a token that may {scope}", scope, NOW, NOW + timedelta(hours=hours) if hours else None)
    await desk.storage.run(lambda t: t.tokens.add(row))
    return token, row["id"]


async def status(client: Client, request: tuple[str, str], token: str) -> int:
    method, path = request
    response = await client.request(method, path, headers={"Authorization": f"Bearer {token}"})
    return response.status


@pytest.fixture
async def client(desk: Desk) -> Any:
    async with TestClient(TestServer(desk.application())) as client:
        yield client
    await desk.uploads.close()


@pytest.mark.parametrize(
    ("scope", "request_", "expected"),
    [
        (Scope.READ, LIST, 200),
        (Scope.READ, START, 403),
        (Scope.WRITE, LIST, 200),
        (Scope.WRITE, START, 200),
        (Scope.ADMIN, START, 200),
    ],
)
async def test_a_token_may_do_what_its_scope_includes(
    desk: Desk, client: Client, scope: Scope, request_: tuple[str, str], expected: int
) -> None:
    token, _ = await given(desk, scope)

    assert await status(client, request_, token) == expected


async def test_who_may_not_is_told_what_the_token_may_and_what_is_needed(desk: Desk, client: Client) -> None:
    token, _ = await given(desk)
    response = await client.post(f"{CAMPAIGN}/start", headers={"Authorization": f"Bearer {token}"})
    body = await response.json(content_type=None)

    assert body["detail"] == 'the token "a token that may read" has the scope read; this needs write'
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


async def test_a_token_of_another_secret_opens_nothing(desk: Desk, client: Client) -> None:
    token, _ = await given(desk)

    assert await status(client, LIST, token[:-1] + ("A" if token[-1] != "A" else "B")) == 401
    assert await status(client, LIST, token) == 200


async def test_a_token_expires(desk: Desk, client: Client) -> None:
    token, _ = await given(desk, hours=1)
    assert await status(client, LIST, token) == 200
    desk.clock.advance_to(NOW + timedelta(hours=1))

    assert await status(client, LIST, token) == 401


async def test_a_revoked_token_works_for_some_seconds_at_most(desk: Desk, client: Client) -> None:
    token, id = await given(desk)
    assert await status(client, LIST, token) == 200
    await desk.storage.run(lambda t: t.tokens.revoke(id, NOW))
    desk.clock.advance_to(NOW + TRUSTED_FOR)

    assert await status(client, LIST, token) == 401


async def test_that_its_use_is_noted_lets_a_revoked_token_work_no_longer(desk: Desk, client: Client) -> None:
    token, id = await given(desk)
    await status(client, LIST, token)
    desk.clock.advance_to(NOW + USE_NOTED_EVERY - timedelta(seconds=1))
    await status(client, LIST, token)
    await desk.storage.run(lambda t: t.tokens.revoke(id, desk.clock.now()))
    desk.clock.advance_to(NOW + USE_NOTED_EVERY)
    noted = await status(client, LIST, token)
    desk.clock.advance_to(NOW + USE_NOTED_EVERY - timedelta(seconds=1) + TRUSTED_FOR)

    assert (noted, await status(client, LIST, token)) == (200, 401)


async def test_who_had_a_token_that_works_no_more_is_somebody_no_more(desk: Desk) -> None:
    access = Access(desk.storage, SecretStr("the token of the settings"), desk.clock)
    token, id = await given(desk)
    request = make_mocked_request("GET", "/", headers={"Authorization": f"Bearer {token}"})
    known = [access.may_be_somebody(request), await access.bearer(request), access.may_be_somebody(request)]
    await desk.storage.run(lambda t: t.tokens.revoke(id, NOW))
    desk.clock.advance_to(NOW + TRUSTED_FOR)

    assert [bool(one) for one in known] == [False, True, True]
    assert await access.bearer(request) is None
    assert not access.may_be_somebody(request)


async def test_when_a_token_was_last_used_is_noted(desk: Desk, client: Client) -> None:
    token, id = await given(desk)
    await status(client, LIST, token)
    row = await desk.storage.read(lambda t: t.tokens.get(id))

    assert row is not None
    assert row["last_used_at"] == NOW


async def test_the_database_holds_no_token(desk: Desk) -> None:
    token, id = await given(desk)
    row = await desk.storage.read(lambda t: t.tokens.get(id))

    assert row is not None
    assert not any(token.split("_", 2)[2] in str(value) for value in row.values())


async def test_a_token_has_so_many_requests_a_minute(desk: Desk) -> None:
    desk.requests_per_minute = 2
    async with TestClient(TestServer(desk.application())) as client:
        token, _ = await given(desk)
        other, _ = await given(desk, Scope.WRITE)
        headers = {"Authorization": f"Bearer {token}"}
        paths = ("/campaigns", "/campaigns/nowhere", "/campaigns")
        first, second, third = [await client.get(path, headers=headers) for path in paths]

        assert [first.status, second.status, third.status] == [200, 404, 429]
        assert second.headers["RateLimit"].startswith('"token";r=0;')
        assert first.headers["RateLimit-Policy"] == '"token";q=2;w=60'
        assert first.headers["RateLimit"].startswith('"token";r=1;')
        assert third.headers["RateLimit"].startswith('"token";r=0;')
        assert int(third.headers["Retry-After"]) > 0
        assert await status(client, LIST, other) == 200
    await desk.uploads.close()


async def test_a_token_is_made_told_once_listed_and_revoked_over_the_api(api: Client) -> None:
    made = await api.post("/tokens", json={"name": "crm", "scope": "write", "expires_at": "2030-01-01T00:00:00Z"})
    issued = await made.json()
    listed = (await (await api.get("/tokens")).json())["tokens"]
    headers = {"Authorization": f"Bearer {issued['token']}"}
    before = await api.get("/campaigns", headers=headers)
    revoked = await (await api.delete(f"/tokens/{issued['id']}")).json()
    after = await api.get("/campaigns", headers=headers)

    assert (made.status, before.status, after.status) == (201, 200, 401)
    assert made.headers["Cache-Control"] == "no-store"
    assert [(one["name"], one["scope"], one["expires_at"]) for one in listed] == [
        ("crm", "write", "2030-01-01T00:00:00Z")
    ]
    assert "token" not in listed[0]
    assert revoked["revoked_at"] is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "taken"}, 409),
        ({"name": "settings"}, 409),
        ({"name": " Settings "}, 409),
        ({"name": "\uff33\uff25ttings"}, 409),
        ({"name": "late", "expires_at": "2020-01-01T00:00:00Z"}, 409),
        ({"name": "late", "expires_at": "9999-12-31T23:59:59-12:00"}, 409),
        ({"name": "cli:root"}, 422),
        ({"name": ""}, 422),
        ({"name": "a\nb"}, 422),
        ({"name": "x", "scope": "all"}, 422),
        ({"name": "x", "expires_at": "2030-01-01"}, 422),
        ({"name": "x", "secret": "y"}, 422),
        ({}, 422),
    ],
)
async def test_a_token_that_cannot_be_is_refused(api: Client, body: dict[str, str], status: int) -> None:
    await api.post("/tokens", json={"name": "taken"})
    response = await api.post("/tokens", json=body)

    assert response.status == status


async def test_tokens_come_in_pages_by_name(api: Client) -> None:
    for name in ("crm", "Zoe", "a b", "desk", "@home"):
        await api.post("/tokens", json={"name": name})
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await (await api.get("/tokens", params={"limit": "2", "after": after})).json()
        found += [one["name"] for one in page["tokens"]]
        after = page["next"]

    assert found == ["@home", "Zoe", "a b", "crm", "desk"]


async def test_a_token_that_does_not_exist_cannot_be_revoked(api: Client) -> None:
    assert (await api.delete("/tokens/nowhere")).status == 404


async def test_what_no_database_can_hold_is_refused_on_each(storage: Storage, tmp_path: Path) -> None:
    desk = Desk(storage, tmp_path / "uploads")
    async with TestClient(TestServer(desk.application()), headers=AUTHORIZED) as client:
        assert (await client.delete("/tokens/%00")).status == 404
        assert (await client.get("/audit?subject=%00")).status == 422
    await desk.uploads.close()


async def test_changes_are_told_with_who_made_them_and_how_it_was_before(api: Client) -> None:
    wanted = {"name": "crm", "scope": "write", "expires_at": "2030-01-01T01:00:00+01:00"}
    issued = await (await api.post("/tokens", json=wanted)).json()
    headers = {"Authorization": f"Bearer {issued['token']}", "X-Request-Id": "r1"}
    for _ in range(2):
        await api.post(f"{CAMPAIGN}/start", headers=headers)
    started, made = (await (await api.get("/audit")).json())["audit"]

    assert (made["who"], made["what"], made["subject"]) == ("settings", "post_token", f"token/{issued['id']}")
    assert made["after"] == {"name": "crm", "scope": "write", "expires_at": "2030-01-01T00:00:00Z"}
    assert (started["who"], started["what"], started["request"]) == ("crm", "start_campaign", "r1")
    assert (started["before"], started["after"]) == ({"status": "inactive"}, {"status": "active"})


async def test_the_trail_comes_in_pages_and_of_one_subject(api: Client) -> None:
    for name in "abc":
        await api.post("/tokens", json={"name": name})
    await api.post(f"{CAMPAIGN}/start")
    first = await (await api.get("/audit?limit=2")).json()
    rest = await (await api.get(f"/audit?limit=2&after={first['next']}")).json()
    one = await (await api.get("/audit?subject=campaign/payment_reminder")).json()

    assert len(first["audit"]) == len(rest["audit"]) == 2
    assert [entry["what"] for entry in one["audit"]] == ["start_campaign"]
