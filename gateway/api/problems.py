"""Every error of the API as RFC 9457 `application/problem+json`."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from gateway.api.request_ids import REQUEST_ID
from gateway.api.sending import READING
from gateway.bodies import BodyRefused
from storage.errors import QueueFull, StorageUnavailable, TookTooLong

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "5"  # seconds
AFTER_TOO_LONG = "60"  # seconds: the same again at once would only keep the database busy
BODY_SLUGS = {400: "malformed", 408: "too-slow", 413: "too-large", 415: "content-encoding"}
AGAIN = "nobody knows whether anything was kept: send it again later; under its Idempotency-Key it is made once"
COPIED_HEADERS = ("Allow", "WWW-Authenticate", "Retry-After", "Accept")

log = structlog.get_logger()


class FieldProblem(BaseModel):
    """What is wrong with one field or parameter; ``row`` and ``value`` where there are several rows."""

    field: str
    reason: str
    row: int | None = None
    value: str | None = None


class ProblemDetails(BaseModel):
    """Why a request was not done (RFC 9457). ``type`` names the kind of problem for programs, for ever; ``request`` is
    the id of the request, which the log knows, too. ``line`` (from 1), ``byte`` (from 0) and ``column`` of the header
    (from 1) say where a file is wrong."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldProblem] | None = None
    line: int | None = None
    byte: int | None = None
    column: int | None = None
    request: str | None = None


class Problem(Exception):
    """A request that can't be done. ``slug`` names the kind of problem for programs, for ever."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        place: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.headers = dict(headers or {})
        self.body = {"type": f"urn:pointsman:problem:{slug}", "title": title, "status": status}
        if detail:
            self.body["detail"] = detail
        if errors:
            self.body["errors"] = list(errors)
        self.body |= place or {}

    def response(self, request: str = "") -> web.Response:
        """As an answer; ``request`` is the id of what it answers."""
        body = self.body | ({"request": request} if request else {})
        return web.json_response(body, status=self.status, headers=self.headers, content_type=CONTENT_TYPE)


def busy(detail: str) -> Problem:
    """A 503 for what so many do already that no more can at once."""
    return Problem(503, "busy", "Too much of this at once", detail, headers={"Retry-After": RETRY_AFTER})


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into a problem; texts of unforeseen errors go to the log only."""
    try:
        return await handler(request)
    except Exception as error:
        return _problem_of(error, request).response(request.get(REQUEST_ID, ""))


def _problem_of(error: Exception, request: web.Request) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, BodyRefused):
        return Problem(error.status, BODY_SLUGS[error.status], str(error))
    if isinstance(error, web.HTTPException):
        return _of_http(error)
    if isinstance(error, TookTooLong):
        log.warning("api_took_too_long", reason=str(error))
        detail = f"{error}; ask for less: fewer days, a shorter time, one campaign or customer"
        headers = {"Retry-After": AFTER_TOO_LONG}
        return Problem(503, "too-long", "This takes the database too long", detail, headers=headers)
    if isinstance(error, StorageUnavailable | QueueFull):
        log.error("api_storage_unavailable", reason=str(error))
        detail = "send it again later" if request.method in READING else AGAIN
        headers = {"Retry-After": RETRY_AFTER}
        return Problem(503, "unavailable", "The database can't be used now", detail, headers=headers)
    resource = request.match_info.route.resource  # its address may hold one of a person
    log.error("api_failed", path=resource.canonical if resource else "", exc_info=error)
    return Problem(500, "internal", "Something went wrong here; the log says what")


def _of_http(error: web.HTTPException) -> Problem:
    headers = {name: error.headers[name] for name in COPIED_HEADERS if name in error.headers}
    return Problem(error.status, f"http-{error.status}", error.reason, headers=headers)
