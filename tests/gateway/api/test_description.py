"""What is described is what is served."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.api.openapi import description
from gateway.api.page import page
from gateway.api.site import ENDPOINTS
from tests.gateway.desk import CAMPAIGN, Client, Desk

DOCUMENT = description(ENDPOINTS)
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


async def test_anybody_may_read_what_the_api_is(desk: Desk) -> None:
    async with TestClient(TestServer(desk.application())) as client:
        document = await client.get("/openapi.json")
        docs = await client.get("/docs")

        assert await document.json() == DOCUMENT
        assert docs.content_type == "text/html"
        assert "default-src 'none'" in docs.headers["Content-Security-Policy"]
    await desk.uploads.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/customers/docs"), ("PUT", "/opt-outs/sms/openapi.json"), ("POST", "/docs"), ("GET", "/nowhere/docs")],
)
async def test_what_only_ends_as_the_description_does_is_not_open(desk: Desk, method: str, path: str) -> None:
    async with TestClient(TestServer(desk.application())) as client:
        assert (await client.request(method, path)).status == 401
    await desk.uploads.close()


async def test_a_word_in_the_place_of_a_name_allows_only_what_is_done_to_the_word(api: Client) -> None:
    response = await api.options(f"{CAMPAIGN}/uploads/preview")

    assert (response.status, response.headers["Allow"]) == (405, "POST")
    assert (await api.get(f"{CAMPAIGN}/uploads/{'0' * 32}")).status == 404


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_each_request_says_what_it_does_and_what_it_needs(endpoint: Any) -> None:
    operation = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]

    assert operation["summary"]
    assert f"Scope: `{endpoint.scope}`" in operation["description"]
    assert {"401", "403", "429"} <= set(operation["responses"])


def test_no_two_requests_have_one_name() -> None:
    names = [endpoint.name for endpoint in ENDPOINTS]

    assert len(names) == len(set(names))


def test_whatever_is_named_is_there() -> None:
    named = set(references(DOCUMENT["paths"])) | set(references(DOCUMENT["components"]))
    parts = DOCUMENT["components"]

    assert named <= {f"#/components/{part}/{name}" for part in ("headers", "schemas") for name in parts[part]}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_each_request_says_how_its_limits_are_told(endpoint: Any) -> None:
    answers = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]["responses"]

    always = {"X-Request-Id", "RateLimit", "RateLimit-Policy"}
    assert all(always <= set(answer["headers"]) for answer in answers.values())
    assert "Retry-After" in answers["429"]["headers"]
    assert ("412" in answers) == endpoint.changes
    assert ("ETag" in answers.get("412", {}).get("headers", ())) == endpoint.matches


def test_what_is_sent_while_it_is_made_has_no_tag() -> None:
    answers = DOCUMENT["paths"]["/customers/{customer}/export"]["get"]["responses"]

    assert "304" not in answers
    assert "ETag" not in answers["200"]["headers"]


def test_the_page_shows_every_request() -> None:
    html = page(DOCUMENT)

    assert all(f'id="{endpoint.name}"' in html for endpoint in ENDPOINTS)
    assert "<script" not in html


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [one for value in part.values() for one in references(value)]
    return [one for value in part for one in references(value)] if isinstance(part, list) else []
