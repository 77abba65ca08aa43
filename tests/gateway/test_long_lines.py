"""A request whose address or header is too long, or no HTTP, is told the limit as the API tells all that is wrong."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gateway.quiet_http import LINE_BYTES
from tests.gateway.edge import edge
from tests.gateway.raw_http import Wire, send

QUERY = "/api/v1/campaigns/echo/participants?external_id="
UMLAUTS = "\u00e4" * LINE_BYTES  # each one byte as `send` writes it
HTTP = "HTTP/1.1"


async def told(wire: Wire) -> tuple[int, dict[str, Any]]:
    """The status and the body of what is answered, after which the connection is closed."""
    head, _, body = (await wire.reader.read()).partition(b"\r\n\r\n")
    await wire.close()
    assert b"\r\nContent-Type: application/problem+json" in head
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        (f"GET {QUERY}{quote(UMLAUTS[:2_000])} {HTTP}", "A line of the request's head is too long"),
        (f"GET {QUERY}{'a' * LINE_BYTES} {HTTP}", "A line of the request's head is too long"),
        (f"GET {QUERY}{UMLAUTS} {HTTP}", "The address can't be read"),
        (f"GET {QUERY}{UMLAUTS[:3]} {HTTP}", "The address can't be read"),
        (f"GET {QUERY}a {HTTP}\r\nX-Long: {'a' * LINE_BYTES}a", "A line of the request's head is too long"),
        ("this is no HTTP", "This is no HTTP request"),
    ],
    ids=["encoded", "ASCII", "not encoded", "short and not encoded", "a header", "no HTTP"],
)
async def test_what_can_not_be_read_is_told_the_limit(tmp_path: Path, line: str, title: str) -> None:
    async with edge(tmp_path) as at:
        status, problem = await told(await send(at.url, line, "Host: localhost", ""))

    assert (status, problem["type"], problem["title"]) == (400, "urn:pointsman:problem:malformed", title)
    assert f"at most {LINE_BYTES} bytes" in problem["detail"]
    assert "aaa" not in json.dumps(problem)
    assert "%C3%A4%C3" not in json.dumps(problem)


async def test_the_longest_query_is_read(tmp_path: Path) -> None:
    longest = QUERY + quote(UMLAUTS)[: LINE_BYTES - len(QUERY)].rpartition("%C3")[0]
    async with edge(tmp_path) as at:
        wire = await send(at.url, f"GET {longest} {HTTP}", "Host: localhost", "Connection: close", "")
        status, problem = await told(wire)

    assert (status, problem["type"]) == (401, "urn:pointsman:problem:unauthorized")
