"""The course of an overload: find the capacity, bring more than that beside idle connections, look at the recovery."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, perf_counter

from benchmarks.forms import ACCOUNT, NUMBER, PUBLIC_URL, TOKEN, requests
from benchmarks.load import drive
from gateway.demo.play import free_port
from tests.crash.processes import POINTSMAN
from tests.forking.processes import REPOSITORY
from tests.overload.pushing import NO_ANSWER, Push

SETTINGS = f"""
public_url = "{PUBLIC_URL}"
[channels.sms]
kind = "twilio"
account_sid = "{ACCOUNT}"
from = "{NUMBER}"
sweep_minutes = 0
"""
SECRETS = {"POINTSMAN_API_TOKEN": "token-of-the-overload", "POINTSMAN_CHANNELS__SMS__AUTH_TOKEN": TOKEN}
WARM_SECONDS, CAPACITY_SECONDS = 2.0, 6.0
CAPACITY_CONNECTIONS = 64
CALM = 0.25  # of the capacity, after the overload
CALM_SECONDS = 10.0
LOOK = 1.0  # seconds between two looks at the process
PATIENCE = 300.0  # seconds for what was accepted to be decided
AGAIN = 20.0  # seconds after which a connection that was closed is opened again
BUNDLE = 200  # idle connections opened at once


@dataclass(frozen=True)
class Course:
    """So many seconds of so many times the capacity, beside so many idle connections."""

    seconds: float
    times: float
    idle: int


@dataclass
class Found:
    """What was measured. Memory in MB, by the second since the load began; how long /healthz and /readyz took."""

    capacity: float = 0.0
    memory: dict[str, float] = field(default_factory=dict)
    memories: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    unhealthy: int = 0
    pushed: Push = field(default_factory=lambda: Push(0))
    calm: Push = field(default_factory=lambda: Push(0))
    drained: float = 0.0  # seconds until everything was decided
    decided: Counter[int] = field(default_factory=Counter)  # accepted webhooks by how often they were decided
    stopped: tuple[int, float] = (0, 0.0)  # exit code, and seconds from SIGTERM on


@dataclass
class Subject:
    """The program under load."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    port: int

    def megabytes(self) -> float:
        """Its memory now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    async def get(self, path: str) -> tuple[int, bytes]:
        """Ask on a connection of its own; (0, b"") without an answer."""
        with suppress(OSError, TimeoutError, IndexError, ValueError):
            async with asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                answer = await reader.read()
                writer.close()
                return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]
        return NO_ANSWER, b""

    async def ready(self) -> bool:
        return (await self.get("/readyz"))[0] == 200

    async def waiting(self) -> int:
        """How many events are to be decided; 1 where nobody says."""
        status, body = await self.get("/readyz")
        return int(json.loads(body).get("waiting_events", 1)) if status == 200 else 1


def launched(folder: Path) -> Subject:
    """`pointsman run` over a new project."""
    port = free_port()
    (folder / "rules").mkdir()
    (folder / "pointsman.toml").write_text(f"port = {port}\n{SETTINGS}")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **SECRETS}
    log = (folder / "log").open("wb")
    command = (*POINTSMAN, "run", "-C", str(folder))
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603 - our own program
    return Subject(process, folder, port)


async def run_course(course: Course, folder: Path) -> Found:
    """All of it, once."""
    subject = launched(folder)
    try:
        found = await measured(course, subject)
        began = perf_counter()
        subject.process.send_signal(signal.SIGTERM)
        found.stopped = await asyncio.to_thread(subject.process.wait, 60), perf_counter() - began
        found.decided = decisions(folder, found.pushed.accepted | found.calm.accepted)
        print((folder / "log").read_text("utf-8", "replace")[-2_000:], file=sys.stderr)
        return found
    finally:
        subject.process.kill()


async def measured(course: Course, subject: Subject) -> Found:
    await until_true(subject.ready, 60)
    found = Found(pushed=Push(subject.port), calm=Push(subject.port))
    found.memory["at the start"] = subject.megabytes()
    await drive(subject.port, requests(), CAPACITY_CONNECTIONS, WARM_SECONDS)
    slice_ = await drive(subject.port, requests(), CAPACITY_CONNECTIONS, CAPACITY_SECONDS)
    found.capacity = slice_.rate
    found.memory["after the measurement of its capacity"] = subject.megabytes()
    idlers = asyncio.create_task(stay_idle(subject.port, course.idle))
    watching = asyncio.create_task(watch(subject, found))
    await asyncio.sleep(2)
    found.memory["with idle connections"] = subject.megabytes()
    await found.pushed.bring(requests(), course.times * found.capacity, course.seconds)
    found.memory["at the end of the overload"] = subject.megabytes()
    await recover(subject, found)
    watching.cancel()
    idlers.cancel()
    await asyncio.gather(watching, idlers, return_exceptions=True)
    return found


async def recover(subject: Subject, found: Found) -> None:
    began = monotonic()
    await found.calm.bring(requests(), CALM * found.capacity, CALM_SECONDS)
    found.memory["after the recovery"] = subject.megabytes()
    deadline = monotonic() + PATIENCE
    while await subject.waiting() and monotonic() < deadline:  # noqa: ASYNC110 - another process tells
        await asyncio.sleep(LOOK)
    found.drained = monotonic() - began
    found.memory["when all was decided"] = subject.megabytes()


async def watch(subject: Subject, found: Found) -> None:
    """Look at the process each second, as a load balancer does."""
    for number in range(1_000_000):
        began = perf_counter()
        status, _ = await subject.get(("/healthz", "/readyz")[number % 2])
        found.health.append(perf_counter() - began)
        found.unhealthy += status != 200
        found.memories.append(subject.megabytes())
        await asyncio.sleep(LOOK)


async def stay_idle(port: int, number: int) -> None:
    """Hold so many connections open, and open each anew that is closed; say nothing on them."""
    await asyncio.gather(*(idle(port, n / BUNDLE * 0.02) for n in range(number)))


async def idle(port: int, after: float) -> None:
    await asyncio.sleep(after)
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await reader.read()
            finally:
                writer.close()
        await asyncio.sleep(AGAIN)


def decisions(folder: Path, accepted: set[bytes]) -> Counter[int]:
    """How many of the accepted webhooks were decided how often."""
    with closing(sqlite3.connect(folder / "pointsman.db")) as database:
        query = "SELECT i.key, count(d.event) FROM inbox i LEFT JOIN decision d ON d.event = i.id GROUP BY i.key"
        often = {key.rpartition(":")[2].encode(): number for key, number in database.execute(query)}
    return Counter(often.get(sid, 0) for sid in accepted)


async def until_true(met: Callable[[], Awaitable[bool]], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await met():  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(0.1)
