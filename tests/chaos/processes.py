"""The processes put to the test: the gateway, which is killed, and the providers, which outlive it."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp

from tests.chaos.program import NOWHERE
from tests.chaos.project import Project
from tests.forking.processes import Process, spawn

PROGRAM = Path(__file__).with_name("program.py")
PATIENCE = 60.0  # seconds for something to come true
LOOK = 0.05  # seconds between two looks
AGAIN = 0.5  # seconds after which a supervisor starts a process again that has ended by itself
LAST_BYTES = 1_500  # of what a process wrote, where it is told


class Stuck(Exception):
    """Something that had to come true did not; the words say what."""


@dataclass
class Child:
    """One process of ours and the file that holds what it writes."""

    command: tuple[str, ...]
    output: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: Process | None = None

    def start(self, *more: str) -> None:
        """Start it, with ``more`` arguments."""
        with self.output.open("ab") as output:
            self.process = spawn((*self.command, *more), self.environment, output)

    @property
    def code(self) -> int | None:
        """How it ended (below 0: the signal); None while it runs, 0 before it ever ran."""
        return self.process.poll() if self.process else 0

    @property
    def runs(self) -> bool:
        return self.code is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.process and self.runs:
            self.process.send_signal(number)

    async def kill(self) -> None:
        """kill -9."""
        self.send(signal.SIGKILL)
        await self.end()

    async def end(self, seconds: float = PATIENCE) -> int:
        """Wait for its end; how it ended."""
        await until(lambda: not self.runs, "the end of a process", seconds)
        return self.code or 0

    def last_words(self) -> str:
        return self.output.read_text("utf-8", "replace")[-LAST_BYTES:] if self.output.exists() else ""


@dataclass
class Subject:
    """The gateway under test and its providers. ``alone`` counts how often it ended by itself, unasked."""

    project: Project
    http: aiohttp.ClientSession
    alone: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        folder, port = self.project.folder, str(self.project.provider_port)
        self.trouble = folder / "trouble"
        self.gateway = Child((sys.executable, str(PROGRAM)), folder / "gateway.log", self.project.environment())
        self.provider = Child(
            (sys.executable, "-m", "tests.chaos.provider", str(folder), port), folder / "provider.log"
        )

    def arguments(self, point: str = NOWHERE, number: int = 1) -> tuple[str, ...]:
        """The gateway's command line, to be killed at this passing of a point."""
        return str(self.trouble), point, str(number), "run", "-C", str(self.project.folder)

    def launch(self, point: str = NOWHERE, number: int = 1) -> None:
        """Start the gateway and wait for nothing."""
        self.gateway.start(*self.arguments(point, number))

    async def up(self) -> None:
        """The gateway runs and answers; one that ends by itself is started again, as a supervisor would.

        Raises `Stuck` where it does not come up within `PATIENCE`.
        """
        deadline = monotonic() + PATIENCE
        while not await self.is_ready():
            if monotonic() > deadline:
                raise Stuck(f"the gateway does not come up: {self.gateway.last_words()}")
            if not self.gateway.runs:
                await self._again()
            await asyncio.sleep(LOOK)

    async def _again(self) -> None:
        """It may have been killed at a point, by us; anything else it did alone."""
        if self.gateway.code not in (0, -signal.SIGKILL):
            self.alone.append(self.gateway.last_words().strip().rpartition("\n")[2])
            await asyncio.sleep(AGAIN)
        self.launch()

    async def provide(self) -> None:
        """The providers run and answer."""
        self.provider.start()
        await until(self.provider_is_there, "the providers")

    async def is_ready(self) -> bool:
        return self.gateway.runs and (await self.ask("GET", f"{self.project.url}/readyz"))[0] == 200

    async def provider_is_there(self) -> bool:
        return (await self.ask("GET", f"{self.project.provider_url}/sandbox/state?after=-"))[0] == 200

    async def tell(self, channel: str, **what: Any) -> None:
        """Have a provider behave as told."""
        url = f"{self.project.provider_url}/sandbox/control"
        status, answer = await self.ask("POST", url, json={"channel": channel, **what})
        if status != 200:
            raise Stuck(f"the provider was not told {what}: {answer}")

    async def ask(self, method: str, url: str, **more: Any) -> tuple[int, Any]:
        """Status and JSON of an answer; (0, None) where nobody answers."""
        try:
            async with self.http.request(method, url, **more) as answer:
                return answer.status, await answer.json() if answer.content_type == "application/json" else None
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, None

    async def owed(self) -> dict[str, int]:
        """What is still to come, by what it is; {"answer": 1} while somebody does not even say so."""
        ready = (await self.ask("GET", f"{self.project.url}/readyz"))[1]
        state = (await self.ask("GET", f"{self.project.provider_url}/sandbox/state"))[1]
        if not ready or not state or "waiting_events" not in ready:
            return {"answer": 1}
        waiting = ("waiting_events", "owed_messages", "open_calls", "spooled_events")
        counts = {name: int(ready.get(name, 0)) for name in waiting} | {"webhooks": int(state["owed"])}
        return {name: count for name, count in counts.items() if count}

    async def stop(self) -> None:
        """Nothing of this is left running."""
        for child in (self.gateway, self.provider):
            child.send(signal.SIGCONT)
            await child.kill()


async def until(
    met: Callable[[], bool | Awaitable[bool]], what: str, seconds: float = PATIENCE, look: float = LOOK
) -> None:
    """Look again and again, every ``look`` seconds. Raises `Stuck` past so many seconds."""
    deadline = monotonic() + seconds
    while True:
        found = met()
        if found if isinstance(found, bool) else await found:
            return
        if monotonic() > deadline:
            raise Stuck(f"waited {seconds:.0f} seconds in vain for {what}")
        await asyncio.sleep(look)
