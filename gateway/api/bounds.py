"""How many requests to the API are answered at once."""

from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api.problems import RETRY_AFTER, Problem

API_AT_ONCE = 50  # each may hold 5 MB of JSON, and wait for what it gave to be decided


@dataclass
class Bounds:
    """Counts the requests that are being answered; one too many is refused with 503, before its body is read."""

    limit: int = API_AT_ONCE
    _inside: int = 0

    @web.middleware
    async def bound(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Around all handlers; who has no token does not get this far."""
        if self._inside >= self.limit:
            detail = f"{self._inside} requests are being answered, of at most {self.limit} at once; send it again later"
            raise Problem(503, "busy", "Too many requests at once", detail, headers={"Retry-After": RETRY_AFTER})
        self._inside += 1
        try:
            return await handler(request)
        finally:
            self._inside -= 1
