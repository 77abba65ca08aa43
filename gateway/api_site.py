"""The whole API as one application."""

from aiohttp import web

from gateway import api_campaigns, api_participants, api_uploads
from gateway.api import DESK, ApiDesk, require_token
from gateway.api_bounds import Bounds
from gateway.api_problems import answer_problems

PARTS = (api_campaigns.ROUTES, api_participants.ROUTES, api_uploads.ROUTES)


def api_application(desk: ApiDesk) -> web.Application:
    """The application to be mounted at `/api/v1`."""
    api = web.Application(middlewares=[answer_problems, require_token, Bounds().bound])
    api[DESK] = desk
    for routes in PARTS:
        api.add_routes(routes)
    return api
