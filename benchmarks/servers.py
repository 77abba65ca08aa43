"""The servers that benchmarks talk to, each a process of its own: `python -m benchmarks.servers NAME [FOLDER]`.

A server prints its port when it listens, and ends when its standard input does: with whoever started it.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

from aiohttp import web

from benchmarks.forms import ACCOUNT, CHANNEL, NUMBER, PUBLIC_URL, TOKEN
from gateway.app import open_gateway
from gateway.clock import SystemClock
from gateway.collecting import nothing_collected
from gateway.http_edge import Gate
from gateway.server import app_runner, application
from gateway.settings import load_settings

ANSWER = b"<Response/>"
ROOT = Path(__file__).parent.parent
END_SECONDS = 10.0
PROJECT = f"""
public_url = "{PUBLIC_URL}"
[channels.{CHANNEL}]
kind = "twilio"
account_sid = "{ACCOUNT}"
from = "{NUMBER}"
sweep_minutes = 0
"""
SECRETS = {
    "POINTSMAN_API_TOKEN": "benchmark-api-token-of-no-use",
    f"POINTSMAN_CHANNELS__{CHANNEL.upper()}__AUTH_TOKEN": TOKEN,
}


@asynccontextmanager
async def bare(folder: Path) -> AsyncIterator[web.BaseRunner]:
    """Reads the form and answers what the gateway answers."""

    async def handle(request: web.Request) -> web.Response:
        await request.post()
        return web.Response(body=ANSWER, content_type="text/xml")

    app = web.Application()
    app.router.add_post("/webhooks/{channel}/{route}", handle)
    yield web.AppRunner(app, access_log=None)


@asynccontextmanager
async def gateway(folder: Path) -> AsyncIterator[web.BaseRunner]:
    """All that a gateway in earnest has around a webhook: its connections and their bounds, who is turned away, the
    signature, metrics; kept on SQLite (WAL, FULL), or where the environment says, before it is answered. What was kept
    nobody decides: the worker is a process of its own where speed matters."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "pointsman.toml").write_text(PROJECT)
    os.environ.update(SECRETS)
    with nothing_collected():  # as `pointsman run` does
        opened = await open_gateway(load_settings(folder), SystemClock())
    crowd = opened.ingress.crowd
    yield app_runner(application(opened, None), Gate(opened.connections, crowd.refusal, crowd.shed))
    await opened.close()


@asynccontextmanager
async def provider(folder: Path) -> AsyncIterator[web.BaseRunner]:
    """Takes messages as Twilio's API does, and remembers nothing."""

    async def take(request: web.Request) -> web.Response:
        form = await request.post()
        answer = {"sid": f"SM{uuid4().hex}", "status": "queued", "to": form["To"], "body": form["Body"]}
        return web.json_response(answer, status=201)

    app = web.Application()
    app.router.add_post("/2010-04-01/Accounts/{account}/Messages.json", take)
    yield web.AppRunner(app, access_log=None)


Server = Callable[[Path], AbstractAsyncContextManager[web.BaseRunner]]
SERVERS: dict[str, Server] = {"bare": bare, "gateway": gateway, "provider": provider}


@contextmanager
def served(name: str, folder: Path, **environment: str) -> Iterator[int]:
    """The port of a server that runs in another process for as long as the block does, with this in its environment."""
    command = [sys.executable, "-m", "benchmarks.servers", name, str(folder)]
    pipe = subprocess.PIPE
    known = os.environ | environment
    with subprocess.Popen(command, cwd=ROOT, env=known, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - our own
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            yield int(process.stdout.readline())
        finally:
            process.communicate("", timeout=END_SECONDS)


async def serve(server: Server, folder: Path) -> None:
    async with server(folder) as runner:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(SERVERS[sys.argv[1]], Path(sys.argv[2])))
