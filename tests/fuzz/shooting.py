"""Shoot at a gateway over several connections, and look at what it answered, logged, kept and grew to."""

import asyncio
import logging
import os
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from dataclasses import replace as changed
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import structlog

from gateway.clock import SystemClock
from gateway.logs import calm
from gateway.server import serving
from gateway.settings import load_settings
from tests.fuzz.shots import FORGED, WHOLE, Shooter, Shot
from tests.gateway.edge import PROJECT, SECRETS, of_the_payloads
from tests.gateway.running import free_port

SERVER = logging.getLogger("aiohttp.server")
CONNECTIONS = 32
VOLLEY = 10  # requests sent at once on one connection
LONGEST = 30.0  # seconds for an answer
EXPECTED = frozenset({200, 400, 401, 403, 404, 405, 413, 415, 429})
KEPT_WITH = "SELECT count(*) FROM inbox WHERE key GLOB 'sms:SM{0}[0-9]*' OR key GLOB 'team:request:*{0}[0-9]*'"
KEPT = "SELECT count(*) FROM inbox WHERE kind IN ('message', 'receipt', 'request')"
PARKED = "SELECT count(*) FROM inbox WHERE state = 'parked'"
WAITING = "SELECT count(*) FROM inbox WHERE state = 'waiting'"


@dataclass
class Outcome:
    """What became of a run. ``owed``: so many requests were whole and signed."""

    statuses: Counter[int] = field(default_factory=Counter)
    owed: int = 0
    faults: list[str] = field(default_factory=list)
    memory: dict[int, int] = field(default_factory=dict)  # megabytes, by per cent of the run
    kept: int = 0
    seconds: float = 0.0

    @property
    def asked(self) -> int:
        return self.statuses.total()

    def judged(self) -> list[str]:
        """Everything that must not be."""
        strange = [f"{number} answered {status}" for status, number in self.statuses.items() if status not in EXPECTED]
        return strange + self.faults


class Ears(logging.Handler):
    """Hears everything that is logged; keeps errors and whatever comes with a traceback."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(logging.WARNING)
        self._outcome = outcome

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.exc_info:
            self._fault(f"{record.name}: {record.getMessage()} {record.exc_info}")

    def __call__(self, logger: Any, method: str, line: Any) -> Any:
        if method in ("error", "exception", "critical") or line.get("exc_info"):
            self._fault(str(line))
        raise structlog.DropEvent

    def _fault(self, words: str) -> None:
        if len(self._outcome.faults) < 20:
            self._outcome.faults.append(f"logged: {words[:1000]}")


async def run(folder: Path, requests: int, seed: int, tell: Callable[[str], None] = lambda line: None) -> Outcome:
    """So many requests at a gateway of its own in ``folder``."""
    outcome = Outcome()
    before, root = structlog.get_config(), logging.getLogger()
    ears = Ears(outcome)
    structlog.configure(processors=[ears])
    root.addHandler(ears)
    SERVER.addFilter(calm)
    try:
        await _at_gateway(folder, requests, seed, outcome, tell)
    finally:
        SERVER.removeFilter(calm)
        root.removeHandler(ears)
        structlog.configure(**before)
    return outcome


async def _at_gateway(folder: Path, requests: int, seed: int, outcome: Outcome, tell: Callable[[str], None]) -> None:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "pointsman.toml").write_text(f"port = {free_port()}\n{PROJECT}")
    with pytest.MonkeyPatch.context() as patch:
        for name, secret in SECRETS.items():
            patch.setenv(name, secret)
        settings = of_the_payloads(load_settings(folder))
    settings = changed(settings, trusted_proxies=(ip_network("127.0.0.0/8"),))
    async with serving(settings, SystemClock()):
        began = time.monotonic()
        await _shoot(settings.port, requests, seed, outcome, tell)
        outcome.seconds = time.monotonic() - began
        await _settled(folder)
    _look(folder, outcome)


async def _shoot(port: int, requests: int, seed: int, outcome: Outcome, tell: Callable[[str], None]) -> None:
    gunners = [Gunner(port, Shooter(number, seed), outcome) for number in range(CONNECTIONS)]
    for tenth in range(1, 11):
        share = requests // 10 // CONNECTIONS
        await asyncio.gather(*(gunner.fire(share) for gunner in gunners))
        outcome.memory[tenth * 10] = megabytes()
        tell(f"{tenth * 10:3} %  {outcome.asked} requests, {outcome.memory[tenth * 10]} MB")
    for gunner in gunners:
        await gunner.close()


@dataclass
class Gunner:
    """One connection after the other; several requests are on their way at once (pipelined): fewer system calls."""

    port: int
    shooter: Shooter
    outcome: Outcome
    _wire: "tuple[asyncio.StreamReader, asyncio.StreamWriter] | None" = None
    _next: Shot | None = None

    async def fire(self, requests: int) -> None:
        """So many requests, each answered."""
        while requests:
            volley = self._volley(requests)
            requests -= len(volley)
            async with asyncio.timeout(LONGEST):
                while volley:
                    await self._send(volley)

    def _volley(self, most: int) -> deque[Shot]:
        """The next requests; what is no HTTP goes alone, for nobody can say what was asked before it."""
        volley: deque[Shot] = deque([self._next or self.shooter.next()])
        self._next = None
        while volley[0].is_http and len(volley) < min(most, VOLLEY):
            shot = self.shooter.next()
            if not shot.is_http:
                self._next = shot
                break
            volley.append(shot)
        return volley

    async def _send(self, volley: deque[Shot]) -> None:
        """Send all, and take off those that are answered before the gateway closes the connection."""
        fresh, left = self._wire is None, len(volley)
        if self._wire is None:
            self._wire = await asyncio.open_connection("127.0.0.1", self.port)
        self._wire[1].write(b"".join(shot.wire() for shot in volley))
        try:
            while volley and self._wire:
                status = await self._answer(*self._wire)
                self._note(volley.popleft(), status)
        except (ConnectionError, asyncio.IncompleteReadError):
            await self.close()
        if fresh and len(volley) == left:
            self.outcome.faults.append(f"no answer: {volley.popleft().wire()[:300]!r}")

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        head = await reader.readuntil(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head = await reader.readuntil(b"\r\n\r\n")
        head = head.lower()
        if b"\r\ncontent-length: " in head:
            await reader.readexactly(int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]))
        if b"\r\nconnection: close" in head or head.startswith(b"http/1.0"):
            await self.close()
        return int(head.split(maxsplit=2)[1])

    def _note(self, shot: Shot, status: int) -> None:
        self.outcome.statuses[status] += 1
        self.outcome.owed += shot.owed
        if shot.owed and status != 200:
            self.outcome.faults.append(f"whole and signed, answered {status}: {shot.target}")

    async def close(self) -> None:
        if self._wire is not None:
            self._wire[1].close()
            self._wire = None


async def _settled(folder: Path) -> None:
    """Everything kept is read and decided."""
    async with asyncio.timeout(600):
        while count(folder, WAITING):  # noqa: ASYNC110 - what is waited for is in a database
            await asyncio.sleep(0.05)


def _look(folder: Path, outcome: Outcome) -> None:
    outcome.kept = count(folder, KEPT)
    if parked := count(folder, PARKED):
        outcome.faults.append(f"{parked} events were parked")
    if forged := count(folder, KEPT_WITH.format(FORGED)):
        outcome.faults.append(f"{forged} events were kept that nobody signed")
    if (whole := count(folder, KEPT_WITH.format(WHOLE))) != outcome.owed:
        outcome.faults.append(f"{outcome.owed} requests were whole and signed, and {whole} are kept")


def count(folder: Path, query: str) -> int:
    with closing(connected(folder)) as database:
        return int(database.execute(query).fetchone()[0])


def connected(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder}/pointsman.db?mode=ro", uri=True)


def megabytes() -> int:
    """The memory that this process takes now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
