"""Whether the outside reaches the gateway at `public_url`, seen from this machine."""

import ssl
from collections.abc import Iterator

import aiohttp

from gateway.doctor.findings import Finding, ok, warning, wrong
from gateway.quiet_http import SERVER
from gateway.settings import Settings

LOOK_SECONDS = 10.0
UNSIGNED = (400, 403)  # what a gateway answers to a webhook that nobody signed
TOPIC = "webhooks"


async def reach(settings: Settings) -> Finding:
    """Ask `/healthz` and, where a proxy passes only webhooks, a webhook without a signature, which is refused."""
    url = settings.public_url
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LOOK_SECONDS)) as http:
            if await _is_healthy(http, f"{url}/healthz"):
                return ok(TOPIC, f"{url} leads to a gateway")
            status, ours = await _refusal(http, settings)
    except (aiohttp.ClientError, ssl.SSLError, TimeoutError, OSError) as error:
        remedy = "start the gateway; see that DNS, proxy and certificate lead to it: docs/operations.md"
        return wrong(TOPIC, f"{url} does not answer: {type(error).__name__}", remedy)
    return _judged(url, status, ours)


def _judged(url: str, status: int, ours: bool) -> Finding:
    if status in UNSIGNED and ours:
        return ok(TOPIC, f"{url}/webhooks/ leads to a gateway")
    if status in UNSIGNED:
        text = f"{url}/webhooks/ answers {status}, as a gateway does, but another program may"
        return warning(TOPIC, text, "look at the gateway's log for webhook_refused")
    remedy = "let the proxy pass POST /webhooks/ to the gateway: docs/operations.md"
    return wrong(TOPIC, f"{url}/webhooks/ answers {status}", remedy)


async def _is_healthy(http: aiohttp.ClientSession, url: str) -> bool:
    async with http.get(url, allow_redirects=False) as answer:
        return answer.status == 200 and (await answer.content.read(100)).replace(b" ", b"") == b'{"status":"ok"}'


async def _refusal(http: aiohttp.ClientSession, settings: Settings) -> tuple[int, bool]:
    """How an unsigned webhook is answered, and whether it was our program that did."""
    for path in _addresses(settings):
        async with http.post(f"{settings.public_url}{path}", data=b"", allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Server") == SERVER
    return 404, False


def _addresses(settings: Settings) -> Iterator[str]:
    routes = {"twilio": "inbound", "slack": "events"}
    return (f"/webhooks/{name}/{routes[channel.kind]}" for name, channel in settings.channels.items())
