"""The description of the API, for programs (`openapi.json`) and for people (`docs`)."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from aiohttp import web

from gateway.api.endpoints import JSON, AnyEndpoint
from gateway.api.openapi import description
from gateway.api.page import page
from gateway.api.sending import always


def routes(endpoints: Sequence[AnyEndpoint]) -> list[web.RouteDef]:
    """Anybody may read these: they say what the program is, and nothing of what it holds.

    Made when first asked for: that takes as long as much of the rest of a start, and few ask.
    """

    @cache
    def document() -> dict[str, Any]:
        return description(endpoints)

    openapi = always(lambda: json.dumps(document()).encode(), JSON)
    docs = always(lambda: page(document()).encode(), "text/html", SAFE)
    return [web.get("/openapi.json", openapi), web.get("/docs", docs)]


SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
