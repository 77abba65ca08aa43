"""The headers of answers, as the description of the API tells them."""

from collections.abc import Mapping
from typing import Any

from gateway.api import request_ids
from gateway.api.endpoints import AnyEndpoint

REF = "#/components/headers/{name}"
RATE = ("RateLimit", "RateLimit-Policy")
COMES_AGAIN = (429, 503)
CHALLENGED = (401, 403)
REPLAYED = "Idempotent-Replayed"


def _header(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"} | schema}


HEADERS: Mapping[str, Mapping[str, Any]] = {
    request_ids.HEADER: _header("the request's own id, or the one that it brought"),
    "RateLimit": _header("how many requests the token has left, and when more (draft-ietf-httpapi-ratelimit-headers)"),
    "RateLimit-Policy": _header("how many requests a token may send, and in how many seconds"),
    "Retry-After": _header("after how many seconds to come again", type="integer", minimum=0),
    "ETag": _header("changes whenever the body does: for `If-Match` and `If-None-Match`"),
    "WWW-Authenticate": _header("what the token lacks (RFC 6750)"),
    REPLAYED: _header("there where it is the answer to an earlier request of the same key", enum=["true"]),
}
"""All of them, for the components of the document."""


def headers_of(endpoint: AnyEndpoint, status: int) -> dict[str, Any]:
    """Those that an answer of this status may have."""
    names = [request_ids.HEADER, *RATE]
    if status in COMES_AGAIN:
        names.append("Retry-After")
    if status in CHALLENGED:
        names.append("WWW-Authenticate")
    if _is_tagged(endpoint, status):
        names.append("ETag")
    if status in endpoint.answers and endpoint.repeats:
        names.append(REPLAYED)
    return {name: {"$ref": REF.format(name=name)} for name in names}


def _is_tagged(endpoint: AnyEndpoint, status: int) -> bool:
    has_body = endpoint.answers.get(status) is not None and endpoint.tagged
    return has_body or status == 304 or (status == 412 and endpoint.matches)
