"""Request bodies of the API: of one content type, and JSON only as RFC 8259 means it."""

import json
from decimal import Decimal
from typing import Any

from aiohttp import web

from gateway.api.problems import Problem
from gateway.bodies import IDLE_SECONDS, pieces

MAX_JSON_BYTES = 5_000_000
MAX_KEYS = 2_000  # of one object: each one that is unknown costs ten times what it takes to read it


def require_type(request: web.Request, wanted: str) -> None:
    """Raises 415 unless the body is ``wanted`` in UTF-8."""
    charset = (request.charset or "utf-8").lower()
    if "Content-Type" not in request.headers or request.content_type != wanted or charset not in ("utf-8", "utf8"):
        raise Problem(415, "content-type", f"The body must be {wanted} in UTF-8", headers={"Accept": wanted})


async def read_json(request: web.Request) -> Any:
    """The body's JSON value, numbers with a point as Decimal. Raises 400 and 415, and `BodyRefused`."""
    return parse_json(await read_bytes(request))


async def read_bytes(request: web.Request) -> bytes:
    """The body of a request that says it brings JSON. Raises 415 and `BodyRefused`."""
    require_type(request, "application/json")
    return b"".join([piece async for piece in pieces(request, MAX_JSON_BYTES, IDLE_SECONDS)])


def parse_json(body: bytes) -> Any:
    """Its JSON value, numbers with a point as Decimal. Raises 400."""
    try:
        return json.loads(
            body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once
        )
    except RecursionError:
        raise Problem(400, "malformed", "The body is nested too deeply") from None
    except ValueError as error:  # json.JSONDecodeError and UnicodeDecodeError among them
        raise Problem(400, "malformed", "The body is not valid JSON", str(error)[:200]) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_KEYS:
        raise ValueError(f"an object has {len(pairs):,} keys, of at most {MAX_KEYS:,}")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice in one object")
    return found
