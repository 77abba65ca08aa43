"""The HTTP side of a running gateway: webhooks, the API, health, and the sandbox where it is switched on."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from errno import EADDRINUSE
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from channels.sandbox import Sandbox
from gateway.api.desk import ApiDesk
from gateway.api.site import api_application
from gateway.app import Gateway, open_gateway
from gateway.channel_health import channel_health
from gateway.clock import Clock, SystemClock
from gateway.http_edge import BACKLOG, STRAIGHT, Gate, Runner
from gateway.open_files import raise_open_files, trouble_teller
from gateway.playing import set_going
from gateway.quiet_http import name_no_versions
from gateway.refusing import Doorman
from gateway.roles import in_words
from gateway.sandbox_site import only_this_machine, sandbox_app
from gateway.sandboxes import build_sandbox, read_script, sandbox_addresses
from gateway.settings import Settings, SettingsError
from gateway.stopping import Stop

REQUEST_LIMIT = 1024 * 1024  # bytes of a request's body, where a route does not say otherwise
SHUTDOWN_SECONDS = 2.0  # how long requests may take to be answered after a stop was asked for; then as long to be ended
GATEWAY: web.AppKey[Gateway] = web.AppKey("gateway", Gateway)


def application(gateway: Gateway, sandbox: Sandbox | None) -> web.Application:
    """Everything that is served."""
    watch = doorman(gateway).watch
    around = [watch, *([only_this_machine] if sandbox else [])]
    app = web.Application(client_max_size=REQUEST_LIMIT, middlewares=around)
    app.on_response_prepare.append(name_no_versions)
    app[GATEWAY] = gateway
    app.add_routes(gateway.health.routes())
    if gateway.takes:
        app.add_routes(gateway.ingress.routes())
        app.add_subapp("/api/v1", api_application(api_desk(gateway)))
    if gateway.takes and not sandbox:
        watched: dict[str, Handler] = {
            path: partial(watch, handler=handler) for path, handler in gateway.ingress.addresses().items()
        }
        app[STRAIGHT] = watched
    if sandbox:
        app.add_subapp("/sandbox", sandbox_app(sandbox))
    return app


def doorman(gateway: Gateway) -> Doorman:
    """Who looks at whom we refuse."""
    settings = gateway.settings
    return Doorman(gateway.adapters, gateway.access.may_be_somebody, settings.trusted_proxies, gateway.metrics.limited)


def api_desk(gateway: Gateway) -> ApiDesk:
    """What the API may ask of the gateway."""
    rates, senders = gateway.settings.rates, gateway.senders
    return ApiDesk(
        storage=gateway.storage,
        campaigns=lambda: gateway.rulebooks.active,
        uploads=gateway.uploads,
        access=gateway.access,
        now=gateway.clock.now,
        ring=gateway.wake,
        decided=gateway.outcomes.decided,
        broken=lambda: gateway.rulebooks.broken,
        older=lambda: gateway.rulebooks.older,
        gone=lambda: gateway.rulebooks.gone,
        hindrances=gateway.guard.hindrances.of,
        requests_per_minute=gateway.settings.api.requests_per_minute,
        channels=gateway.rulebooks.channels,
        project=gateway.rulebooks.project,
        reload=gateway.watch.load,
        spool=gateway.settings.spool,
        hooks={name: hook.settings for name, hook in gateway.deliverer.hooks.items()},
        telling=gateway.telling,
        channel_health=lambda t: channel_health(t, gateway.rulebooks.channels, rates, senders, gateway.clock.now()),
        on_answered=gateway.metrics.api,
        on_cut_off=gateway.metrics.cut_off,
    )


def app_runner(app: web.Application, gate: Gate) -> web.AppRunner:
    """Serves ``app`` with bodies as they were sent: signatures are over those bytes, and nothing is inflated."""
    return Runner(app, gate, access_log=None, auto_decompress=False, shutdown_timeout=SHUTDOWN_SECONDS)


@asynccontextmanager
async def serving(
    settings: Settings, clock: Clock, *, migrate: bool = True, with_sandbox: bool = False
) -> AsyncIterator[tuple[Gateway, Sandbox | None]]:
    """A gateway at work on its address, for as long as the block runs; then it stops cleanly.

    The sandbox answers, but its webhooks and its people wait until it is started. Raises OSError where the address is
    taken, and what `open_gateway` raises.
    """
    if with_sandbox:
        settings = settings.at_apis(sandbox_addresses(settings))
    gateway = await open_gateway(settings, clock, migrate=migrate)
    sandbox = build_sandbox(settings, clock, read_script(settings.folder)) if with_sandbox else None
    crowd = gateway.ingress.crowd
    gate = Gate(gateway.connections, crowd.refusal, crowd.shed)
    runner = app_runner(application(gateway, sandbox), gate)
    try:
        await gateway.take_up()
        await runner.setup()
        await listen(runner, settings)
        if sandbox:
            sandbox.load()
        await gateway.start()
        yield gateway, sandbox
    finally:
        await stop_all(gateway, sandbox, runner)


async def stop_all(gateway: Gateway, sandbox: Sandbox | None, runner: web.AppRunner) -> None:
    """Take no connection any more, answer what was asked, end the work. What is sent to a sandbox is sent to ourselves:
    we listen until that has ended."""
    if sandbox:
        await gateway.rest()
        await sandbox.close()
        await runner.cleanup()
    else:
        await asyncio.gather(gateway.rest(), runner.cleanup())
    await gateway.close()


async def listen(runner: web.AppRunner, settings: Settings) -> None:
    """Open the gateway's address. Raises `SettingsError` where another program has it."""
    try:
        await web.TCPSite(runner, settings.host, settings.port, backlog=BACKLOG).start()
    except OSError as error:
        if error.errno != EADDRINUSE:
            raise
        taken = f"another program listens on {settings.host}:{settings.port}"
        raise SettingsError((f"{taken}: set another port in pointsman.toml or POINTSMAN_PORT",)) from None


async def serve(settings: Settings, *, migrate: bool) -> None:
    """Run until SIGINT or SIGTERM; `gateway.stopping` says how that ends."""
    stop = Stop()
    stop.install()
    raise_open_files()
    asyncio.get_running_loop().set_exception_handler(trouble_teller())
    async with serving(settings, SystemClock(), migrate=migrate, with_sandbox=settings.sandbox) as (gateway, sandbox):
        if sandbox and not await done_before(
            stop.asked, set_going(gateway, sandbox, read_script(settings.folder).play)
        ):
            return
        print(ready_line(settings), flush=True)
        for line in await idle_campaigns(gateway) if gateway.takes else ():
            print(line, flush=True)
        await gateway.work_until(stop.asked)


async def done_before(asked: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Whether the work came to its end before a stop was asked for; else it is cut off."""
    doing, stop = asyncio.create_task(work), asyncio.create_task(asked.wait())
    try:
        ended, _ = await asyncio.wait([doing, stop], return_when=asyncio.FIRST_COMPLETED)
        if doing in ended:
            await doing
        return doing in ended
    finally:
        doing.cancel()
        stop.cancel()
        await asyncio.gather(doing, stop, return_exceptions=True)


async def idle_campaigns(gateway: Gateway) -> list[str]:
    """A line for each campaign that has a sound rule file and does not run."""
    campaigns = await gateway.storage.read(lambda t: t.campaigns.all())
    idle = (c for c in campaigns if c["name"] in gateway.rulebooks.active and c["status"] != "active")
    return [_how_to_start(c["name"], c["reason"]) for c in idle]


def _how_to_start(campaign: str, reason: str) -> str:
    stands = f"is in error ({reason}); mend it, then" if reason else "does not run; to start it"
    return f"campaign {campaign} {stands}: pointsman campaign start {campaign}"


def ready_line(settings: Settings) -> str:
    """What a person reads once everything answers."""
    line = f"ready: http://{settings.host}:{settings.port}"
    if settings.roles:
        line = f"{line}  roles: {in_words(settings.roles)}"
    return f"{line}  sandbox: {settings.public_url}/sandbox" if settings.sandbox else line


def run(settings: Settings, *, migrate: bool) -> None:
    """`pointsman run`: returns after a clean stop; one that was cut off ends the process (`gateway.stopping`)."""
    asyncio.run(serve(settings, migrate=migrate))
