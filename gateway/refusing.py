"""Whoever is refused again and again is answered 429, without being read or logged. Who may be somebody is not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from channels.base import Channel as Adapter
from gateway.addresses import Network
from gateway.api.problems import Problem
from gateway.buckets import Buckets
from gateway.ingress import TOLD_ENOUGH
from gateway.remote import remote_of

WEBHOOKS, API, SANDBOX = "/webhooks/", "/api/", "/sandbox"
NO_TOKEN = 401
REFUSED = frozenset({400, 403, 404, 405, 408, 413, 415})
TOO_MANY = 429
WRONG_TOKENS = 600  # that an address may send to the API at once: programs send each request without one, to see


@dataclass(frozen=True)
class Doorman:
    """Counts refusals by remote address: forged and malformed webhooks, unknown addresses; by themselves, wrong API
    tokens.

    An address that has used up its refusals is answered 429 with Retry-After. Signed webhooks and requests with a
    token that is known to work are never limited, wherever they come from: a request that may be signed is read to
    know. ``may_ask`` tells whether a request brings such a token; ``on_limited`` is told of each 429.
    """

    adapters: Mapping[str, Adapter]
    may_ask: Callable[[web.Request], bool]
    trusted: Sequence[Network] = ()
    on_limited: Callable[[], None] = lambda: None
    buckets: Buckets = field(default_factory=Buckets)
    tokens: Buckets = field(default_factory=lambda: Buckets(burst=WRONG_TOKENS))

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Around everything that is served."""
        remote = remote_of(request, self.trusted)
        if self._of(request).wait(remote):
            if not self._may_be_somebody(request):
                return self._limited(request, remote)
            request[TOLD_ENOUGH] = True
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            if self._is_one_too_many(request, remote, error.status):
                return self._limited(request, remote)
            raise
        return self._limited(request, remote) if self._is_one_too_many(request, remote, answer.status) else answer

    def _is_one_too_many(self, request: web.Request, remote: str, status: int) -> bool:
        return is_refusal(request, status) and not self._of(request).take(remote)

    def _of(self, request: web.Request) -> Buckets:
        return self.tokens if request.path.startswith(API) else self.buckets

    def _may_be_somebody(self, request: web.Request) -> bool:
        """What is known before the body is read."""
        if request.path.startswith(API):
            return self.may_ask(request)
        if request.path.startswith(WEBHOOKS):
            return self._may_be_signed(request)
        return request.match_info.http_exception is None

    def _may_be_signed(self, request: web.Request) -> bool:
        channel, _, route = request.path.removeprefix(WEBHOOKS).partition("/")
        adapter = self.adapters.get(channel)
        if adapter is None or route not in adapter.routes:
            return False
        return adapter.may_be_signed(request.headers, datetime.now(UTC))

    def _limited(self, request: web.Request, remote: str) -> web.Response:
        self.on_limited()
        headers = {"Retry-After": str(self._of(request).wait(remote) or 1)}
        answer = web.Response(status=TOO_MANY, headers=headers)
        if request.path.startswith(API):
            answer = Problem(TOO_MANY, "too-many-refusals", "Refused again and again", headers=headers).response()
        answer.force_close()
        return answer


def is_refusal(request: web.Request, status: int) -> bool:
    """Whether an answer says: this is from nobody we know. Who plays with the sandbox is on this machine."""
    if status not in REFUSED and status != NO_TOKEN:
        return False
    if request.path.startswith(API):
        return status == NO_TOKEN
    return status in REFUSED and not request.path.startswith(SANDBOX)
