"""The sandbox over HTTP: the providers' APIs under /sandbox/twilio and /sandbox/slack, and a page to play with them."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler as Next

from channels.sandbox import DEEDS, ControlWrong, Hang, Sandbox, SandboxRequest, SandboxResponse, perform
from gateway.addresses import is_loopback

MAX_PAGE_PEOPLE = 200
MAX_PAGE_MESSAGES = 200

_PAGES = Path(__file__).parent / "pages"
_FILES = {
    "sandbox.html": "text/html; charset=utf-8",
    "sandbox.js": "text/javascript; charset=utf-8",
    "sandbox.css": "text/css; charset=utf-8",
    "sandbox.svg": "image/svg+xml",
}
_SAFETY = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def sandbox_app(sandbox: Sandbox) -> web.Application:
    """An application to mount at /sandbox. It loads the sandbox before anything is served and closes it at the end.

    Whoever serves it calls `Sandbox.start` once the gateway answers, so that webhooks find an open door.
    """
    app = web.Application()
    closing = asyncio.Event()
    app.router.add_get("", _file("sandbox.html"))
    for name in _FILES:
        app.router.add_get(f"/{name}", _file(name))
    app.router.add_get("/state", _state(sandbox))
    for deed in DEEDS:
        app.router.add_post(f"/{deed}", _deed(sandbox, deed))
    for provider in ("twilio", "slack"):
        app.router.add_route("*", f"/{provider}/{{rest:.+}}", _provider(sandbox, closing))
    app.cleanup_ctx.append(_loaded(sandbox))
    app.on_shutdown.append(_closer(closing))
    return app


@web.middleware
async def only_this_machine(request: web.Request, handler: Next) -> web.StreamResponse:
    """Answer 421 unless the request was sent to a name of this machine.

    A web site whose name is made to lead here (DNS rebinding) is of one origin with what it reads, but can't choose
    the Host its visitors' browsers send. For everything that is served beside a sandbox: its secrets are public.
    """
    if not is_loopback(_host(request)):
        raise web.HTTPMisdirectedRequest(text="with --sandbox, only 127.0.0.1, [::1] and localhost are answered")
    return await handler(request)


def _host(request: web.Request) -> str:
    """The name or address in the Host header, or "" where it has none."""
    try:
        return urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
    except ValueError:
        return ""


def _loaded(sandbox: Sandbox) -> Callable[[web.Application], AsyncIterator[None]]:
    async def loaded(_: web.Application) -> AsyncIterator[None]:
        sandbox.load()
        yield
        await sandbox.close()

    return loaded


def _closer(closing: asyncio.Event) -> Callable[[web.Application], Awaitable[None]]:
    async def close(_: web.Application) -> None:
        closing.set()

    return close


def _file(name: str) -> Handler:
    content = (_PAGES / name).read_bytes()

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=content, headers={"Content-Type": _FILES[name], **_SAFETY})

    return serve


def _state(sandbox: Sandbox) -> Handler:
    async def state(request: web.Request) -> web.Response:
        """The conversations, or 204 where nothing changed since the version the page has."""
        shown = sandbox.snapshot(MAX_PAGE_PEOPLE, MAX_PAGE_MESSAGES)
        del shown["now"]
        version = hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]
        if request.query.get("after") == version:
            return web.Response(status=204, headers=_SAFETY)
        return web.json_response({"version": version, **shown}, headers=_SAFETY)

    return state


def _deed(sandbox: Sandbox, deed: str) -> Handler:
    async def do(request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _refused(415, "the body must be application/json")
        if not same_origin(request):
            return _refused(403, "only the sandbox's own page may do this")
        try:
            perform(sandbox, deed, await request.read())
        except ControlWrong as error:
            return _refused(400, str(error))
        return web.json_response({"ok": True}, headers=_SAFETY)

    return do


def same_origin(request: web.Request) -> bool:
    """Whether the request comes from our own page, or from a program, which sends no Origin."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _refused(status: int, reason: str) -> web.Response:
    return web.json_response({"ok": False, "error": reason}, status=status, headers=_SAFETY)


def _provider(sandbox: Sandbox, closing: asyncio.Event) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        reply = sandbox.answer(await _read(request))
        if isinstance(reply, SandboxResponse):
            await _wait(closing, reply.after)
            return web.Response(status=reply.status, headers=reply.headers, body=reply.body)
        if isinstance(reply, Hang):
            await _wait(closing, reply.seconds)
        return _cut(request)

    return answer


async def _read(request: web.Request) -> SandboxRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return SandboxRequest(request.method, request.path, request.rel_url.raw_query_string, headers, await request.read())


async def _wait(closing: asyncio.Event, seconds: float) -> None:
    """For so many real seconds, or until the server closes."""
    if seconds > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), seconds)


def _cut(request: web.Request) -> web.Response:
    """Close the connection: what is returned can no longer be written."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
