"""Every error of the API as RFC 9457 `application/problem+json`."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.bodies import BodyRefused
from storage.errors import QueueFull, StorageUnavailable

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "5"  # seconds
BODY_SLUGS = {400: "malformed", 408: "too-slow", 413: "too-large", 415: "content-encoding"}
COPIED_HEADERS = ("Allow", "WWW-Authenticate", "Retry-After", "Accept")

log = structlog.get_logger()


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
    ) -> None:
        super().__init__(title)
        self.status = status
        self.headers = dict(headers or {})
        self.body = {"type": f"urn:pointsman:problem:{slug}", "title": title, "status": status}
        if detail:
            self.body["detail"] = detail
        if errors:
            self.body["errors"] = list(errors)

    def response(self) -> web.Response:
        return web.json_response(self.body, status=self.status, headers=self.headers, content_type=CONTENT_TYPE)


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into a problem; texts of unforeseen errors go to the log only."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except BodyRefused as refused:
        return Problem(refused.status, BODY_SLUGS[refused.status], str(refused)).response()
    except web.HTTPException as error:
        return _of_http(error).response()
    except (StorageUnavailable, QueueFull) as error:
        log.error("api_storage_unavailable", reason=str(error))
        detail = "nothing was kept by this request; send it again later"
        headers = {"Retry-After": RETRY_AFTER}
        return Problem(503, "unavailable", "The database can't be used now", detail, headers=headers).response()
    except Exception:
        log.exception("api_failed", path=request.path)
        return Problem(500, "internal", "Something went wrong here; the log says what").response()


def _of_http(error: web.HTTPException) -> Problem:
    headers = {name: error.headers[name] for name in COPIED_HEADERS if name in error.headers}
    return Problem(error.status, f"http-{error.status}", error.reason, headers=headers)
