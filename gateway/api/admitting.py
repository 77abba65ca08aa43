"""Who comes in: who is known by a token, and has requests left of what each token may send."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api.access import Bearer
from gateway.api.desk import DESK
from gateway.api.problems import Problem

BEARER: web.RequestKey[Bearer] = web.RequestKey("bearer", Bearer)
OPEN_PATHS = ("/openapi.json", "/docs")  # what the API is, which anybody may read who has the program
WINDOW = 60  # seconds
MAX_TOKENS = 10_000  # remembered; one that asked longest ago is forgotten first


@dataclass
class Left:
    """So many requests ``left`` at a moment (seconds)."""

    left: float
    at: float


@dataclass
class Allowance:
    """How many requests each token has left: ``per_minute`` at once, and as many again over a minute."""

    per_minute: int
    now: Callable[[], float] = monotonic
    _tokens: "OrderedDict[str, Left]" = field(default_factory=OrderedDict)

    def take(self, token: str) -> float:
        """One request more; how many are left, below 0 where none was."""
        now = self.now()
        before = self._tokens.pop(token, Left(float(self.per_minute), now))
        left = min(float(self.per_minute), before.left + (now - before.at) * self.per_minute / WINDOW)
        self._tokens[token] = Left(left - 1 if left >= 1 else left, now)
        if len(self._tokens) > MAX_TOKENS:
            self._tokens.popitem(last=False)
        return left - 1

    def headers(self, left: float) -> dict[str, str]:
        """What is told of it (draft-ietf-httpapi-ratelimit-headers); with Retry-After where nothing is left."""
        wait = max(1, ceil(-left * WINDOW / self.per_minute))
        policy = {"RateLimit-Policy": f'"token";q={self.per_minute};w={WINDOW}'}
        told = {**policy, "RateLimit": f'"token";r={max(0, int(left))};t={wait if left < 1 else 1}'}
        return told | ({"Retry-After": str(wait)} if left < 0 else {})


@dataclass(frozen=True)
class Entrance:
    """Around all handlers, but for what anybody may read."""

    allowance: Allowance

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Raises 401 and 429."""
        if is_open(request):
            return await handler(request)
        bearer = await request.config_dict[DESK].access.bearer(request)
        if bearer is None:
            raise _unauthorized("Authorization" in request.headers)
        request[BEARER] = bearer
        left = self.allowance.take(bearer.id)
        headers = self.allowance.headers(left)
        if left < 0:
            detail = f"a token may send {self.allowance.per_minute} requests in {WINDOW} seconds; send it again later"
            raise Problem(429, "too-many-requests", "Too many requests", detail, headers=headers)
        try:
            answer = await handler(request)
        except Problem as problem:
            problem.headers.update(headers)
            raise
        if not answer.prepared:
            answer.headers.update(headers)
        return answer


def is_open(request: web.Request) -> bool:
    """Whether anybody may read this: by its route, for there may be a customer of this name, too."""
    resource = request.match_info.route.resource
    return resource is not None and resource.canonical.endswith(OPEN_PATHS)


def _unauthorized(given: bool) -> Problem:
    challenge = 'Bearer realm="pointsman"' + (', error="invalid_token"' if given else "")
    detail = "send the header Authorization: Bearer <the value of POINTSMAN_API_TOKEN, or a token of `pointsman token`>"
    return Problem(
        401, "unauthorized", "The token is missing or wrong", detail, headers={"WWW-Authenticate": challenge}
    )
