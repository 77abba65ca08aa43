"""The API under `/api/v1`: who may speak to it, and what it needs of the gateway."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import SecretStr

from gateway.api_problems import Problem
from gateway.hints import did_you_mean
from gateway.rulebooks import BrokenFile
from gateway.uploads import UploadDesk
from rules.book import Rulebook
from storage.database import Storage
from storage.transaction import Transaction

Decided = Callable[[Sequence[int], float], Awaitable[Mapping[int, str]]]


@dataclass(frozen=True, kw_only=True)
class ApiDesk:
    """What the API asks of the gateway.

    ``campaigns`` gives the rulebooks in force by campaign, ``broken`` the rule files that are not; ``now`` is UTC;
    ``ring`` wakes the worker after rows were kept; ``decided`` waits at most that many seconds for these inbox events
    and maps those decided by then to what became of them (`rules.reaction.Applied`, or parked); ``hindrances`` says why
    a campaign cannot run.
    """

    storage: Storage
    campaigns: Callable[[], Mapping[str, Rulebook]]
    uploads: UploadDesk
    token: SecretStr
    now: Callable[[], datetime]
    ring: Callable[[], None]
    decided: Decided
    broken: Callable[[], Sequence[BrokenFile]] = tuple
    hindrances: Callable[[Transaction, str], Sequence[str]] = lambda t, campaign: ()

    def book(self, request: web.Request) -> Rulebook:
        """The rulebook of the campaign in the address. Raises 404."""
        name, books = request.match_info["campaign"], self.campaigns()
        if name not in books:
            detail = f'there is no campaign "{name[:60]}" with a usable rule file{did_you_mean(name, books)}'
            raise Problem(404, "unknown-campaign", "Unknown campaign", detail)
        return books[name]


DESK: web.AppKey[ApiDesk] = web.AppKey("desk", ApiDesk)


@web.middleware
async def require_token(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only who knows the token comes further (RFC 6750); compared in constant time."""
    if not bears_token(request, request.config_dict[DESK].token):
        raise _unauthorized("Authorization" in request.headers)
    return await handler(request)


def bears_token(request: web.Request, wanted: SecretStr) -> bool:
    """Whether the request has the one header that it must have, with the token that is wanted."""
    given = request.headers.getall("Authorization", [])
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    told, known = token.strip().encode("utf-8", "surrogateescape"), wanted.get_secret_value().encode()
    return hmac.compare_digest(told, known) and scheme.lower() == "bearer"


def _unauthorized(given: bool) -> Problem:
    challenge = 'Bearer realm="pointsman"' + (', error="invalid_token"' if given else "")
    detail = "send the header Authorization: Bearer <the value of POINTSMAN_API_TOKEN>"
    return Problem(
        401, "unauthorized", "The token is missing or wrong", detail, headers={"WWW-Authenticate": challenge}
    )
