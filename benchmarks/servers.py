"""The servers that benchmarks talk to, each a process of its own: `python -m benchmarks.servers NAME [FOLDER]`.

A server prints its port when it listens, and ends when its standard input does: with whoever started it.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from aiohttp import web

from benchmarks.forms import ACCOUNT, CHANNEL, NUMBER, PUBLIC_URL, TOKEN
from channels.twilio.adapter import TwilioSms
from gateway.clock import SystemClock
from gateway.ingress import Ingress
from rules.book import Channel
from storage.database import Storage
from storage.group_commit import GroupCommit

ANSWER = b"<Response/>"
ROOT = Path(__file__).parent.parent
END_SECONDS = 10.0


def bare(folder: Path) -> web.Application:
    """Reads the form and answers what the gateway answers."""

    async def handle(request: web.Request) -> web.Response:
        await request.post()
        return web.Response(body=ANSWER, content_type="text/xml")

    app = web.Application()
    app.router.add_post("/webhooks/{channel}/{route}", handle)
    return app


def gateway(folder: Path) -> web.Application:
    """The gateway's own ingress: signature checked, kept on SQLite (WAL, FULL) before it is answered."""
    storage = Storage(f"sqlite:///{folder}/pointsman.db")
    storage.migrate()
    adapter = TwilioSms(CHANNEL, ACCOUNT, (TOKEN,), NUMBER, PUBLIC_URL)
    channels = {CHANNEL: Channel(name=CHANNEL, kind="sms", identifier="phone")}
    inbox = GroupCommit(storage)
    app = web.Application()
    app.add_routes(Ingress({CHANNEL: adapter}, channels, inbox, SystemClock(), lambda kind: None).routes())
    return app


def provider(folder: Path) -> web.Application:
    """Takes messages as Twilio's API does, and remembers nothing."""

    async def take(request: web.Request) -> web.Response:
        form = await request.post()
        answer = {"sid": f"SM{uuid4().hex}", "status": "queued", "to": form["To"], "body": form["Body"]}
        return web.json_response(answer, status=201)

    app = web.Application()
    app.router.add_post("/2010-04-01/Accounts/{account}/Messages.json", take)
    return app


SERVERS: dict[str, Callable[[Path], web.Application]] = {"bare": bare, "gateway": gateway, "provider": provider}


@contextmanager
def served(name: str, folder: Path) -> Iterator[int]:
    """The port of a server that runs in another process for as long as the block does."""
    command = [sys.executable, "-m", "benchmarks.servers", name, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - our own
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            yield int(process.stdout.readline())
        finally:
            process.communicate("", timeout=END_SECONDS)


async def serve(app: web.Application) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(SERVERS[sys.argv[1]](Path(sys.argv[2]))))
