"""How answers go out: compressed or plain under tags of their own, without a body to HEAD; and If-Match."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.api import sending
from gateway.api.endpoints import PARAMETER, AnyEndpoint
from gateway.api.site import ENDPOINTS
from tests.gateway.desk import AUTHORIZED, CAMPAIGN, Client, Desk
from tests.gateway.edge import Answered, answer_on
from tests.gateway.raw_http import send

ROWS = [{"external_id": str(n), "fields": {"amount_due": n}} for n in range(50)]
PARTICIPANTS = f"{CAMPAIGN}/participants"
CODINGS = (
    ("gzip", True),
    ("deflate, gzip;q=0.5", True),
    ("GZIP ; Q=0.001", True),
    ("*", True),
    ("identity;q=0.5, *;q=0.8", True),
    ("gzip;q=0", False),
    ("gzip;q=0.000, *", False),
    ("gzip;q=0.5, identity", False),
    ("gzip;q=much", False),
    ("gzip;level=9", False),
    ("deflate", False),
    ("", False),
)
STATELESS = [one for one in ENDPOINTS if one.changes and not one.matches]
READ = ("/campaigns", PARTICIPANTS, "/openapi.json", "/docs", f"{CAMPAIGN}/exports/participants", "/campaigns/nowhere")


@pytest.mark.parametrize(("asked", "packed"), CODINGS)
@pytest.mark.parametrize("path", [PARTICIPANTS, f"{CAMPAIGN}/exports/participants", "/openapi.json", "/docs"])
async def test_an_answer_is_compressed_where_gzip_is_welcome(api: Client, path: str, asked: str, packed: bool) -> None:
    await api.put(PARTICIPANTS, json=ROWS)
    told = await api.get(path, headers={"Accept-Encoding": asked})
    plain = await api.get(path, headers={"Accept-Encoding": "identity"})

    assert told.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert told.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert await told.read() == await plain.read()


async def test_a_body_has_a_tag_for_each_form_in_which_it_is_sent(api: Client) -> None:
    await api.put(PARTICIPANTS, json=ROWS)
    forms = ({"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"})
    packed, plain = [(await api.get(PARTICIPANTS, headers=form)).headers["ETag"] for form in forms]
    known = [
        (await api.get(PARTICIPANTS, headers={**form, "If-None-Match": tag})).status
        for form in forms
        for tag in (packed, plain, f'"x", {packed}, {plain}', f"W/{packed}", "*")
    ]

    assert packed == f'{plain[:-1]}-gzip"'
    assert known == [304, 200, 304, 304, 304, 200, 304, 304, 200, 304]


async def test_what_was_read_compressed_may_be_changed_by_its_tag(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "COMPRESSED_FROM", 1)
    (put,) = (await (await api.put(PARTICIPANTS, json=ROWS[0])).json())["results"]
    path, body = f"{PARTICIPANTS}/{put['participant']}", {"fields": {"amount_due": 9}}
    read = await api.get(path)
    first, second = [await api.patch(path, json=body, headers={"If-Match": read.headers["ETag"]}) for _ in range(2)]

    assert read.headers["ETag"].endswith('-gzip"')
    assert (first.status, second.status) == (200, 412)
    assert first.headers["ETag"] == (await api.get(path)).headers["ETag"]


async def test_an_answer_that_is_repeated_is_compressed_as_it_was(api: Client) -> None:
    key = {"Idempotency-Key": "k"}
    first, again = [await api.put(PARTICIPANTS, json=ROWS, headers=key) for _ in range(2)]

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Encoding"] == "gzip"
    assert first.headers["ETag"] == again.headers["ETag"]
    assert await first.read() == await again.read()


async def asked(api: Client, method: str, path: str) -> Answered:
    """What is answered, byte by byte; a head is followed by another answer, so that what is too much is found."""
    headers = (f"Authorization: {AUTHORIZED['Authorization']}", "Accept-Encoding: gzip", "Host: localhost")
    lines = (f"{method} {path} HTTP/1.1", *headers, "")
    again = ("GET /nowhere HTTP/1.1", *headers, "Connection: close", "")
    wire = await send(str(api.make_url("/")), *lines, *(again if method == "HEAD" else ()))
    try:
        answer = await answer_on(wire, body=method != "HEAD")
        assert method != "HEAD" or await wire.status() == 404
        return answer
    finally:
        await wire.close()


@pytest.mark.parametrize("path", READ)
async def test_what_can_be_got_can_be_asked_about(api: Client, path: str) -> None:
    await api.put(PARTICIPANTS, json=ROWS)
    head, got = await asked(api, "HEAD", path), await asked(api, "GET", path)
    told = set(got.headers) - {"date", "x-request-id", "ratelimit", "transfer-encoding", "content-encoding"}

    assert head.status == got.status
    assert {name: head.headers.get(name) for name in told} == {name: got.headers[name] for name in told}


async def test_nobody_is_told_anything_about_by_asking_without_a_token(desk: Desk) -> None:
    async with TestClient(TestServer(desk.application())) as client:
        assert (await client.head("/campaigns")).status == 401
    await desk.uploads.close()


async def test_what_is_known_is_known_to_who_asks_about_it(api: Client) -> None:
    tag = (await api.get("/campaigns")).headers["ETag"]

    assert (await api.head("/campaigns", headers={"If-None-Match": tag})).status == 304


@pytest.mark.parametrize("endpoint", STATELESS, ids=lambda one: one.name)
async def test_a_change_of_what_has_no_state_is_refused_with_if_match(api: Client, endpoint: AnyEndpoint) -> None:
    response: Any = await api.request(endpoint.method, PARAMETER.sub("x", endpoint.path), headers={"If-Match": "*"})

    assert response.status == 412
    assert (await response.json(content_type=None))["type"] == "urn:pointsman:problem:no-state"
