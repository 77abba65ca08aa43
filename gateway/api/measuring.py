"""How each request to the API was answered, and in what time, told to whoever counts."""

from time import monotonic

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api.desk import DESK

NOWHERE = "(none)"  # in place of a path that no endpoint has
OTHER = "(other)"  # in place of a method that no endpoint has
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Around whatever makes the answer. A path is told as its endpoint has it, without what stands in it."""
    begun = monotonic()
    answer = await handler(request)
    resource = request.match_info.route.resource
    path = resource.canonical if resource else NOWHERE
    method = request.method if request.method in METHODS else OTHER
    request.config_dict[DESK].on_answered(method, path, answer.status, monotonic() - begun)
    return answer
