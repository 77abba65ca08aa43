"""Shoot at a gateway over several connections, and look at what it answered, logged, kept and grew to."""

import asyncio
import logging
import os
import sqlite3
import time
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
from gateway.demo.play import free_port
from gateway.logs import calm
from gateway.server import serving
from gateway.settings import load_settings
from tests.fuzz.gunner import CONNECTIONS, Tally, apart, here
from tests.fuzz.shots import FORGED, WHOLE
from tests.gateway.edge import PROJECT, SECRETS, of_the_payloads

SERVER = logging.getLogger("aiohttp.server")
EXPECTED = frozenset({200, 400, 401, 403, 404, 405, 413, 415, 429})
KEPT_WITH = "SELECT count(*) FROM inbox WHERE key GLOB 'sms:SM{0}[0-9]*' OR key GLOB 'team:request:*{0}[0-9]*'"
KEPT = "SELECT count(*) FROM inbox WHERE kind IN ('message', 'receipt', 'request')"
PARKED = "SELECT count(*) FROM inbox WHERE state = 'parked'"
STANDSTILL_SECONDS = 60.0
WAITING = "SELECT count(*) FROM inbox WHERE state = 'waiting'"


@dataclass
class Outcome:
    """What became of a run. ``apart``: the requests come from a process of their own, so that ours is the gateway's."""

    apart: bool = False
    tally: Tally = field(default_factory=Tally)
    memory: dict[int, int] = field(default_factory=dict)  # megabytes of this process, by per cent of the run
    kept: int = 0
    seconds: float = 0.0

    @property
    def asked(self) -> int:
        return self.tally.statuses.total()

    def judged(self) -> list[str]:
        """Everything that must not be."""
        answers = self.tally.statuses.items()
        return [
            f"{number} answered {status}" for status, number in answers if status not in EXPECTED
        ] + self.tally.faults


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
        if len(self._outcome.tally.faults) < 20:
            self._outcome.tally.faults.append(f"logged: {words[:1000]}")


async def run(
    folder: Path, requests: int, seed: int, tell: Callable[[str], None] = lambda line: None, *, apart: bool = False
) -> Outcome:
    """So many requests at a gateway of its own in ``folder``."""
    outcome = Outcome(apart)
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
        await _settled(folder, tell)
    _look(folder, outcome)


async def _shoot(port: int, requests: int, seed: int, outcome: Outcome, tell: Callable[[str], None]) -> None:
    share = requests // 10 // CONNECTIONS
    shooting = apart(port, seed, share) if outcome.apart else here(port, seed, share)
    tenth = 0
    async for tally in shooting:
        tenth += 1
        outcome.tally.add(tally)
        outcome.memory[tenth * 10] = megabytes()
        tell(f"{tenth * 10:3} %  {outcome.asked} requests, {outcome.memory[tenth * 10]} MB")


async def _settled(folder: Path, tell: Callable[[str], None]) -> None:
    """Everything kept is read and decided: webhooks are taken faster. Raises TimeoutError once nothing goes on."""
    left = count(folder, WAITING)
    tell(f"{left} events wait to be decided")
    while left:
        async with asyncio.timeout(STANDSTILL_SECONDS):
            while count(folder, WAITING) == left:  # noqa: ASYNC110 - what is waited for is in a database
                await asyncio.sleep(0.05)
        left = count(folder, WAITING)


def _look(folder: Path, outcome: Outcome) -> None:
    outcome.kept = count(folder, KEPT)
    if parked := count(folder, PARKED):
        outcome.tally.faults.append(f"{parked} events were parked")
    if forged := count(folder, KEPT_WITH.format(FORGED)):
        outcome.tally.faults.append(f"{forged} events were kept that nobody signed")
    if (whole := count(folder, KEPT_WITH.format(WHOLE))) != outcome.tally.owed:
        outcome.tally.faults.append(f"{outcome.tally.owed} requests were whole and signed, and {whole} are kept")


def count(folder: Path, query: str) -> int:
    with closing(connected(folder)) as database:
        return int(database.execute(query).fetchone()[0])


def connected(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder}/pointsman.db?mode=ro", uri=True)


def megabytes() -> int:
    """The memory that this process takes now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
