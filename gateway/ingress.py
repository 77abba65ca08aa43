"""Webhooks: verify, keep, answer. Nothing is decided here, and nothing is answered 200 that is not on disk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from time import monotonic

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from channels.base import Channel as Adapter
from channels.base import WebhookRequest
from channels.errors import WebhookRefused
from gateway.bodies import Bodies, BodyRefused, whole
from gateway.clock import Clock
from gateway.incoming import new_event
from gateway.ready_answers import answer_to
from gateway.shedding import Crowd
from gateway.tracing.tracing import OFF, Tracing
from rules.book import Channel
from storage.errors import QueueFull, StorageUnavailable
from storage.group_commit import GroupCommit
from storage.values import NewEvent

BODY_LIMIT = 256 * 1024  # bytes of a webhook's body; Slack's largest events and Twilio's forms are far smaller
BODY_SECONDS = 15.0  # how long a webhook's whole body may take; providers themselves give up after 3 to 15
METHOD = "POST"  # providers offer GET, too: it puts what people say into addresses, and so into logs
RETRY_AFTER = {hdrs.RETRY_AFTER: "1"}  # seconds
TOLD_ENOUGH: web.RequestKey[bool] = web.RequestKey("told_enough", bool)  # its sender is refused again and again

log = structlog.get_logger()


@dataclass(frozen=True)
class Ingress:
    """The public edge. ``on_kept`` is told the kind of each new event once it is on disk, ``on_answered`` each answer:
    its channel's name, its status, and how many seconds it took."""

    adapters: Mapping[str, Adapter]
    channels: Mapping[str, Channel]
    inbox: GroupCommit
    clock: Clock
    on_kept: Callable[[str], None]
    on_answered: Callable[[str, int, float], None] = lambda channel, status, seconds: None
    crowd: Crowd = field(default_factory=Crowd)
    bodies: Bodies = field(default_factory=Bodies)
    tracing: Tracing = OFF

    def routes(self) -> list[web.RouteDef]:
        """Webhooks, at whatever address."""
        return [web.route("*", "/webhooks/{channel}/{route}", self.handle)]

    def addresses(self) -> dict[str, Handler]:
        """The handler of each address that a provider is given."""
        routes = ((adapter, route) for adapter in self.adapters.values() for route in adapter.routes)
        return {f"/webhooks/{adapter.name}/{route}": partial(self.answer, adapter, route) for adapter, route in routes}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """As `answer`; 404 where no channel has this address."""
        adapter, route = self.adapters.get(request.match_info["channel"]), request.match_info["route"]
        if adapter is None or route not in adapter.routes:
            return web.Response(status=404)
        return await self.answer(adapter, route, request)

    async def answer(self, adapter: Adapter, route: str, request: web.Request) -> web.StreamResponse:
        """Answer one webhook: 200 kept, 400 malformed, 403 forged, 405 not POST, 408 too slow, 413 too large, 415
        compressed, 503 not kept, or not read since too much is under way."""
        begun = monotonic()
        try:
            answer = await self._answer(adapter, route, request, begun)
        except Exception:  # nobody foresaw it: the connection answers it, and logs it
            self.on_answered(adapter.name, 500, monotonic() - begun)
            raise
        self.on_answered(adapter.name, answer.status, monotonic() - begun)
        return answer

    async def _answer(self, adapter: Adapter, route: str, request: web.Request, begun: float) -> web.StreamResponse:
        if request.method != METHOD:
            tell_refused(request, adapter.name, 405, f"{request.method}, not {METHOD}")
            return web.Response(status=405, headers={hdrs.ALLOW: METHOD})
        if reason := self.crowd.refusal():
            self.crowd.shed(reason)
            return web.Response(status=503, headers=RETRY_AFTER)
        try:
            body = await whole(request, BODY_LIMIT, BODY_SECONDS, self.bodies)
            with self.crowd.inside():
                received = adapter.receive(webhook_request(route, request, body))
                for item in received.items:
                    await self._keep(new_event(self.channels[adapter.name], item, self.clock.now()), begun)
        except (BodyRefused, WebhookRefused) as refused:
            tell_refused(request, adapter.name, refused.status, str(refused))
            return web.Response(status=refused.status)
        except (StorageUnavailable, QueueFull) as error:
            log.error("webhook_not_kept", channel=adapter.name, reason=str(error))
            return web.Response(status=503, headers=RETRY_AFTER)
        return answer_to(request, received.answer)

    async def _keep(self, event: NewEvent, begun: float) -> None:
        if await self.inbox.keep(event):
            self.on_kept(event.kind)
            self.tracing.received(event, monotonic() - begun)


def tell_refused(request: web.Request, channel: str, status: int, reason: str) -> None:
    """In the log, unless it tells enough of this sender already."""
    if not request.get(TOLD_ENOUGH):
        log.warning("webhook_refused", channel=channel, status=status, reason=reason)


def webhook_request(route: str, request: web.Request, body: bytes) -> WebhookRequest:
    """The request as it came. Signatures are checked against real time, whatever clock the gateway runs on."""
    return WebhookRequest(
        route=route,
        method=request.method,
        target=request.raw_path,
        headers=request.headers,
        body=body,
        at=datetime.now(UTC),
    )
