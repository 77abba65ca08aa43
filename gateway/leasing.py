"""What one process at a time does: it has a lease for it, renews that while it works, and stops before it runs out."""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Protocol

import structlog

from gateway.clock import Bell
from gateway.parts import Part
from storage.errors import StorageUnavailable
from storage.transaction import Transaction

LEASE_SECONDS = 8.0  # for which a lease is taken: so long nobody does the work of a process that was killed
RENEW_SECONDS = 2.0  # between two renewals
END_SECONDS = 2.0  # before the end of a lease: by then the work is cut off, whatever became of the renewals
AGAIN_SECONDS = 0.5  # until a renewal that the database did not take is tried again
TAKE_SECONDS = 1.0  # between two tries to get a lease that somebody else has
RELEASE_SECONDS = 1.0  # how long a stop waits for the database to take a lease back

NEVER = float("-inf")  # when a lease ended that is not ours, in seconds on any clock

BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # where there is none, a machine should not sleep

log = structlog.get_logger()


def boot_time() -> float:
    """Seconds on a clock of this machine that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(BOOT_CLOCK)


def new_holder() -> str:
    """An id for this process, in which people see where it runs."""
    return f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"


def always() -> bool:
    """Of a part that any process can run."""
    return True


class Office(Protocol):
    """Where leases are taken (`storage.aside.Aside`)."""

    async def take(self, lease: str, holder: str, seconds: float) -> bool:
        """Whether it was to be had."""

    async def renew(self, lease: str, holder: str, seconds: float) -> bool:
        """Whether it was ours still."""

    async def release(self, lease: str, holder: str) -> None:
        """Give it back, if it is ours."""


@dataclass
class Lease:
    """A lease as its holder knows it: by the local clock it ends no later than by that of the database, for it counts
    from before it was asked for. As a fence it lets nothing be written that another process may be writing by now."""

    name: str
    holder: str
    office: Office
    now: Callable[[], float] = boot_time
    _until: float = NEVER

    def __call__(self, t: Transaction) -> None:
        """See `storage.database.Fence`: raises `LeaseLost`."""
        t.leases.confirm(self.name, self.holder)

    def holds(self) -> bool:
        """Whether there is time to begin something that is over before the lease is."""
        return self.left() > 0.0

    def left(self) -> float:
        """Seconds until the work has to end, unless the lease is renewed."""
        return self._until - END_SECONDS - self.now()

    async def take(self) -> bool:
        """Get it; whether it was to be had."""
        begun = self.now()
        taken = await self.office.take(self.name, self.holder, LEASE_SECONDS)
        self._until = begun + LEASE_SECONDS if taken else NEVER
        return taken

    async def renew(self) -> bool:
        """Put its end off; False where it is gone for good."""
        begun = self.now()
        renewed = await self.office.renew(self.name, self.holder, LEASE_SECONDS)
        self._until = begun + LEASE_SECONDS if renewed else NEVER
        return renewed

    async def release(self) -> None:
        """Give it back; where the database does not answer it runs out by itself."""
        self._until = NEVER
        with suppress(StorageUnavailable, TimeoutError):
            async with asyncio.timeout(RELEASE_SECONDS):
                await self.office.release(self.name, self.holder)


@dataclass
class Leased:
    """Runs a part while this process has its lease, and asks for the lease while it has not. The part must bear being
    run again after it was cancelled, and writes through storage that the lease fences.

    ``bell`` is rung where a lease may have become free, and closed to end this (with the part's own bell);
    ``on_released`` is called after a lease was given back. While this process is not ``able`` to do the work, the
    lease is left to others.
    """

    part: Part
    lease: Lease
    bell: Bell
    on_released: Callable[[], None] = lambda: None
    able: Callable[[], bool] = always

    async def run(self) -> None:
        """Work until the bell is closed."""
        while not self.bell.closed:
            if not await self._takes():
                await self.bell.wait(None, TAKE_SECONDS)
            elif await self._tenure():
                return

    async def _takes(self) -> bool:
        try:
            return self.able() and await self.lease.take()
        except StorageUnavailable:  # whatever else this process does tells of it
            return False

    async def _tenure(self) -> bool:
        """Run the part until it ends (True) or the lease does."""
        log.info("lease_taken", lease=self.lease.name)
        work = asyncio.create_task(self.part.run())
        try:
            ended = await self._renew_while(work)
        finally:
            work.cancel()
            await asyncio.wait([work])
            await self.lease.release()
            self.on_released()
        if ended:
            work.result()
        else:
            self._tell_lost(work)
        return ended

    def _tell_lost(self, work: "asyncio.Task[None]") -> None:
        """It begins anew in its next tenure, also where it broke as it was cut off."""
        log.warning("lease_lost", lease=self.lease.name)
        if not work.cancelled() and (broken := work.exception()):
            log.error("part_failed", part=self.lease.name, exc_info=broken)

    async def _renew_while(self, work: "asyncio.Task[None]") -> bool:
        """Renew the lease until the work ends (True) or it has to. Work that has ended waits for no renewal: the
        database may hang."""
        renewing = asyncio.create_task(self._keep_renewed())
        try:
            await asyncio.wait([work, renewing], return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                renewing.result()
        finally:
            renewing.cancel()
        return work.done()

    async def _keep_renewed(self) -> None:
        """Renew the lease as long as that is to be had, and of use."""
        pause = RENEW_SECONDS
        while self.able() and (left := self.lease.left()) > 0.0:
            await asyncio.sleep(min(pause, left))
            pause = await self._renewed()

    async def _renewed(self) -> float:
        """Renew the lease; seconds until that is to be done again."""
        try:
            async with asyncio.timeout(self.lease.left()):
                await self.lease.renew()
        except (StorageUnavailable, TimeoutError):
            return AGAIN_SECONDS
        return RENEW_SECONDS
