"""Alone with a database, or one of several processes on it: what only one may do, and how the others are told."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from gateway.bells import LEASES, Bells
from gateway.clock import Bell, Clock
from gateway.far_bells import FarBells
from gateway.leasing import Lease, Leased, always, new_holder
from gateway.parts import Part
from storage.aside import Aside
from storage.database import Storage
from storage.listening import heard


class Alone:
    """There is no other process: everything is done here, and nobody else is told."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self.bells = Bells(clock)

    def writing(self, lease: str) -> Storage:
        """The storage for a part that only the holder of this lease may run."""
        return self._storage

    def leased(self, lease: str, part: Part, able: Callable[[], bool] = always) -> Part:
        """That part, which works only while this process has the lease, and is ``able`` to do its work."""
        return part

    def parts(self) -> list[Part]:
        """What has to run for all this."""
        return []

    async def tell(self) -> None:
        """Tell others at once what is still to be told."""

    async def close(self) -> None:
        """Let go of everything."""


class Shared:
    """There may be others: what only one does is done under a lease, and bells ring in every process."""

    def __init__(self, storage: Storage, url: str, clock: Clock) -> None:
        self._storage = storage
        self._aside = Aside(url)
        self._holder = new_holder()
        self._leases: dict[str, Lease] = {}
        self._far = FarBells(self._aside, listening_to(url), self._holder)
        self.bells = Bells(clock, self._far.ring)

    def writing(self, lease: str) -> Storage:
        """Storage that takes no write where the lease is somebody else's."""
        self._leases[lease] = Lease(lease, self._holder, self._aside)
        return self._storage.fenced(self._leases[lease])

    def leased(self, lease: str, part: Part, able: Callable[[], bool] = always) -> Part:
        """The part whose storage is `writing`; where another process has the lease it waits until that is free."""
        return Leased(part, self._leases[lease], self.bells.new(LEASES), lambda: self.bells.ring(LEASES), able)

    def parts(self) -> list[Part]:
        """Rings other processes' bells, and hears them ring ours."""
        return [Ropes(self._far, self.bells, self.bells.new())]

    async def tell(self) -> None:
        """Tell others at once what is still to be told: that our leases are free, if nothing else."""
        await self._far.flush()

    async def close(self) -> None:
        """Let go of everything."""
        self._aside.close()


Sharing = Alone | Shared


@dataclass
class Ropes:
    """Far bells as a part of the gateway."""

    far: FarBells
    bells: Bells
    bell: Bell

    async def run(self) -> None:
        """Work until the bell is closed."""
        await self.far.run(self.bells, self.bell)


def listening_to(url: str) -> Callable[[], AsyncIterator[str]]:
    return lambda: heard(url)
