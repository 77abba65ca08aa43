"""The HTTP client the SDK sends with, instead of its own.

The SDK's (9.13) ignores its timeout and proxy, sends JSON endpoints as forms, may hand one caller another's answer,
hides Retry-After, and uses what aiohttp deprecates.
"""

import json
import logging
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientResponse
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from yarl import URL

from channels.transport import Connections, retry_after

JSON_TYPE = "application/json"


class TooManyRequests(Exception):
    """HTTP 429: nothing was taken; ``seconds`` is what Retry-After asks for."""

    def __init__(self, seconds: float, code: str) -> None:
        super().__init__(f"429, again after {seconds} s")
        self.seconds = seconds
        self.code = code


class TwilioHttp(AsyncHttpClient):  # type: ignore[misc]
    """One request, one answer, no retries. Raises what aiohttp raises, and `TooManyRequests`."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(logging.getLogger(__name__), True)
        self._connections = connections

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 -- the SDK's signature; `Connections` holds the limit
        allow_redirects: bool = False,
    ) -> Response:
        """Send as the SDK asks; its ``timeout`` is never set for messages."""
        sent = dict(headers or {}) | _authorization(auth)
        body: dict[str, Any] = {"json": data} if sent.get("Content-Type") == JSON_TYPE else {"data": _form(data)}
        session = self._connections.session()
        async with session.request(
            method, uri, params=params, headers=sent, allow_redirects=allow_redirects, **body
        ) as answer:
            return await _read(answer)


def _form(data: Mapping[str, Any] | None) -> bytes | None:
    """As the SDK's content type says; `urllib`, and so aiohttp's own form data, takes five times as long over it."""
    return URL.build(query=data).raw_query_string.encode() if data else None


def _authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return {}
    return {"Authorization": "Basic " + b64encode(":".join(auth).encode()).decode()}


async def _read(answer: ClientResponse) -> Response:
    text = await answer.text("utf-8", "replace")
    if answer.status == 429:
        raise TooManyRequests(retry_after(answer.headers.get("Retry-After", "")), _code(text))
    return Response(answer.status, text, answer.headers)


def told_in(text: str) -> tuple[str, str]:
    """Twilio's code and words in the body of an error; 0 and "" where it has none."""
    try:
        told = json.loads(text)
        return str(told["code"]), str(told.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "0", ""


def _code(text: str) -> str:
    code, _ = told_in(text)
    return "429" if code == "0" else code
