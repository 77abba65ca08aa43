"""Every request has an id: the one that it brings, or one of ours. It is in the answer, in problems and in the log."""

import re

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.ids import new_id

HEADER = "X-Request-Id"
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
_WORD = re.compile(r"[A-Za-z0-9._-]{1,64}")


@web.middleware
async def name_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Around all others."""
    given = request.headers.get(HEADER, "")
    request[REQUEST_ID] = id = given if _WORD.fullmatch(given) else new_id()
    with structlog.contextvars.bound_contextvars(request=id):
        answer = await handler(request)
    if not answer.prepared:
        answer.headers[HEADER] = id
    return answer
