"""What waits, at the start, for what came in while nobody worked: an answer that came in time goes before a time-out,
and a STOP before whatever is sent."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from gateway.clock import Clock
from gateway.draining import Drainer
from gateway.parts import Part
from gateway.sweeping import Sweeper
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction

FIRST_SWEEP_SECONDS = 10.0  # how long time-outs and sends wait at the start for what was missed meanwhile
LOOK_SECONDS = 0.5  # between two looks whether another process has asked the providers

Ready = Callable[[], Awaitable[None]]


@dataclass
class Later:
    """A part that begins once all is ready for it, each time it is run."""

    part: Part
    ready: Ready

    async def run(self) -> None:
        """Wait, then work as the part does."""
        await self.ready()
        await self.part.run()


async def swept_here(sweepers: Sequence[Sweeper]) -> None:
    """Return when this process's sweepers have asked each provider once, at the latest after `FIRST_SWEEP_SECONDS`."""
    swept = [asyncio.create_task(sweeper.caught_up.wait()) for sweeper in sweepers]
    try:
        if swept:
            await asyncio.wait(swept, timeout=FIRST_SWEEP_SECONDS)
    finally:
        for task in swept:
            task.cancel()


async def swept_anywhere(storage: Storage, sweepers: Sequence[Sweeper], clock: Clock) -> None:
    """Return when every provider was asked no longer ago than it is to be, by whatever process; at the latest after
    `FIRST_SWEEP_SECONDS`."""

    def is_due(t: Transaction) -> bool:
        return any(sweeper.next_due(t) <= clock.now() for sweeper in sweepers)

    with suppress(TimeoutError):
        async with asyncio.timeout(FIRST_SWEEP_SECONDS):
            while await _still(storage, is_due):  # noqa: ASYNC110 - what is waited for is in a database
                await asyncio.sleep(LOOK_SECONDS)


async def _still(storage: Storage, is_due: Callable[[Transaction], bool]) -> bool:
    try:
        return await storage.read(is_due)
    except StorageUnavailable:  # the part itself tells of it
        return True


async def caught_up(swept: Awaitable[None], drainer: Drainer | None) -> None:
    """Whatever people wrote while we were away, or before and waits in the spool, is in the inbox."""
    await swept
    if drainer:
        await drainer.caught_up.wait()
