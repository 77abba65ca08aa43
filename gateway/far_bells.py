"""Ring the bells of other processes, and hear them ring ours. A ring that is lost costs whoever missed it one sweep."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import suppress
from typing import Protocol

import structlog

from gateway.bells import Bells
from gateway.clock import Bell
from gateway.parts import OUTAGE_PAUSE
from storage.errors import StorageUnavailable
from storage.listening import CONNECTED

QUIET_SECONDS = 0.05  # between two rings of one bell
SWEEP = 60.0  # seconds; who rings wakes this sooner
LAST_SECONDS = 1.0  # how long a stop waits for the last rings

log = structlog.get_logger()


class Rope(Protocol):
    """What the bells of other processes hang on (`storage.aside.Aside`)."""

    async def ring(self, bells: Collection[str]) -> None:
        """Let every process hear these."""


class FarBells:
    """Rings under ``holder``, by which a process knows its own rings. ``listen`` begins to hear what is rung."""

    def __init__(self, rope: Rope, listen: Callable[[], AsyncIterator[str]], holder: str) -> None:
        self._rope = rope
        self._listen = listen
        self._holder = holder
        self._names: set[str] = set()
        self._bell: Bell | None = None

    def ring(self, name: str) -> None:
        """Ring this in every other process, soon."""
        self._names.add(name)
        if self._bell:
            self._bell.ring()

    async def run(self, bells: Bells, bell: Bell) -> None:
        """Ring and hear until ``bell`` is closed."""
        self._bell = bell
        hearing = asyncio.create_task(self._hear(bells), name="bells heard")
        try:
            while not bell.closed:
                await self.flush()
                await asyncio.sleep(QUIET_SECONDS)
                if not self._names:
                    await bell.wait(None, SWEEP)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def flush(self) -> None:
        """Ring what is to be rung. What the database does not take now is found by sweeps."""
        names, self._names = self._names, set()
        if names:
            with suppress(StorageUnavailable, TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self._rope.ring([f"{name} {self._holder}" for name in sorted(names)])

    async def _hear(self, bells: Bells) -> None:
        told = False
        while True:
            try:
                async for ring in self._listen():
                    told = self._heard(bells, ring, told)
            except StorageUnavailable as error:
                if not told:
                    log.warning("bells_not_heard", reason=str(error))
                told = True
            except Exception:
                log.exception("bells_not_heard")
            await asyncio.sleep(OUTAGE_PAUSE)

    def _heard(self, bells: Bells, ring: str, told: bool) -> bool:
        if ring == CONNECTED:
            if told:
                log.info("bells_heard_again")
            bells.hear_all()
            return False
        name, _, holder = ring.partition(" ")
        if holder != self._holder:
            bells.hear(name)
        return told
