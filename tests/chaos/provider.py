"""`python -m tests.chaos.provider FOLDER PORT [HOST]`: the sandbox's providers as a process of their own.

A provider outlives the gateway: what it has accepted stays accepted, its callbacks go on, and its journal is the truth
about what was sent.
"""

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from gateway.clock import SystemClock
from gateway.sandbox_site import sandbox_app
from gateway.sandboxes import build_sandbox, read_script
from gateway.settings import load_settings

HERE = "127.0.0.1"


async def serve(folder: Path, port: int, host: str) -> None:
    """Serve the project's look-alikes until the process is ended."""
    settings = load_settings(folder, sandbox=True)
    sandbox = build_sandbox(settings, SystemClock(), read_script(folder))
    app = web.Application(client_max_size=1_000_000)
    app.add_subapp("/sandbox", sandbox_app(sandbox))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    await sandbox.start()
    await asyncio.Event().wait()


def main() -> None:
    folder, port, *host = sys.argv[1:]
    asyncio.run(serve(Path(folder), int(port), *(host or [HERE])))


if __name__ == "__main__":
    main()
