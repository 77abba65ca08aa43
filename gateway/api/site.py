"""The whole API as one application."""

from functools import cache

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api import (
    analytics,
    campaign_changes,
    campaigns,
    channels,
    communications,
    counts,
    customer_changes,
    customer_export,
    customers,
    describing,
    event_changes,
    events,
    explanations,
    exports,
    flows,
    hooks,
    messages,
    opt_out_changes,
    opt_outs,
    participant_changes,
    participant_lists,
    participants,
    tokens,
    upload_changes,
    upload_errors,
    upload_lists,
    upload_preview,
    uploads,
)
from gateway.api.admitting import Allowance, Entrance
from gateway.api.bounds import Bounds
from gateway.api.desk import DESK, ApiDesk
from gateway.api.endpoints import PARAMETER, AnyEndpoint
from gateway.api.measuring import measure
from gateway.api.problems import answer_problems
from gateway.api.request_ids import name_request
from gateway.api.serving import serve

ENDPOINTS: tuple[AnyEndpoint, ...] = (
    *campaigns.ENDPOINTS,
    *campaign_changes.ENDPOINTS,
    *flows.ENDPOINTS,
    *counts.ENDPOINTS,
    *analytics.ENDPOINTS,
    *participants.ENDPOINTS,
    *participant_lists.ENDPOINTS,
    *participant_changes.ENDPOINTS,
    *customers.ENDPOINTS,
    *customer_changes.ENDPOINTS,
    *customer_export.ENDPOINTS,
    *communications.ENDPOINTS,
    *messages.ENDPOINTS,
    *exports.ENDPOINTS,
    *events.ENDPOINTS,
    *event_changes.ENDPOINTS,
    *explanations.ENDPOINTS,
    *opt_outs.ENDPOINTS,
    *opt_out_changes.ENDPOINTS,
    *channels.ENDPOINTS,
    *hooks.ENDPOINTS,
    *upload_lists.ENDPOINTS,
    *upload_preview.ENDPOINTS,
    *uploads.ENDPOINTS,
    *upload_changes.ENDPOINTS,
    *upload_errors.ENDPOINTS,
    *tokens.ENDPOINTS,
)
"""Every request there is, in the order of the description."""


def address(path: str) -> str:
    """The path as the router has it: where another one ends in a word, a parameter in its place is not that word. Else
    what may be done to all that the parameter names would seem to be allowed to the word, too."""
    place, _, last = path.rpartition("/")
    ends = (one.path.rpartition("/") for one in ENDPOINTS)
    words = sorted({end for before, _, end in ends if before == place and not PARAMETER.fullmatch(end)})
    name = PARAMETER.fullmatch(last)
    return f"{place}/{{{name[1]}:(?!(?:{'|'.join(words)})$)[^/]+}}" if name and words else path


def api_application(desk: ApiDesk) -> web.Application:
    """The application to be mounted at `/api/v1`."""
    entrance = Entrance(Allowance(desk.requests_per_minute))
    api = web.Application(middlewares=[name_request, measure, answer_problems, entrance.admit, Bounds().bound])
    api[DESK] = desk
    for method, path, handler in served():
        api.router.add_route(method, path, handler)
    api.add_routes(described())
    return api


@cache
def served() -> tuple[tuple[str, str, Handler], ...]:
    """Every request with its handler, which finds what surrounds it in what it is asked: one for all applications."""
    handlers = ((address(one.path), serve(one), one.methods) for one in ENDPOINTS)
    return tuple((method, path, handler) for path, handler, methods in handlers for method in methods)


@cache
def described() -> tuple[web.RouteDef, ...]:
    return tuple(describing.routes(ENDPOINTS))
