"""How long work waits at a station that takes what waits in batches: by a formula, and by simulation.

Work comes at random (Poisson), at so many a second. Each of a station's servers takes at most ``most`` of what waits,
whenever it is free and something does, and is done with them after ``fixed`` seconds and ``each`` for each of them.
"""

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from random import Random

ROUNDS = 200  # of looking for the size of batches that fits the time that they take
WARM = 0.1  # part of a simulation that does not count


@dataclass(frozen=True, slots=True)
class Station:
    """Times in seconds."""

    each: float
    fixed: float = 0.0
    most: int = 1
    servers: int = 1

    @property
    def capacity(self) -> float:
        """How many it does in a second, if there is always enough to do."""
        return self.servers * self.most / self.takes(self.most)

    def takes(self, number: float) -> float:
        """Seconds for a batch of so many."""
        return self.fixed + self.each * number


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a station at some rate: the seconds from coming to being done, how many a batch holds, and which
    part of the time its servers are busy; means all."""

    seconds: float
    batch: float
    busy: float


def predicted(station: Station, rate: float) -> Told:
    """For a station whose servers share what comes evenly, at a rate below its capacity.

    While a batch takes its time T, Poisson many come for the next one: with a rate r that is rT, or the first one that
    comes after a while of 1/r where none did. Who comes while a batch is under way waits half of it, then their own.
    Where work is done one by one it waits as at any station whose work takes always as long (M/D/1).
    Raises ValueError where the rate is not below the capacity: what waits grows then without end.
    """
    if rate >= station.capacity:
        raise ValueError(f"{rate:g} a second is more than {station.capacity:g}, which is what the station can do")
    one, batch = rate / station.servers, 1.0
    for _ in range(ROUNDS):
        come = one * station.takes(batch)
        batch = min(station.most, (batch + come + exp(-come)) / 2)
    taken = station.takes(batch)
    busy = max(taken / (taken + exp(-one * taken) / one), one * taken / batch)
    full = rate / station.capacity
    waits = busy * taken / 2 if station.most > 1 else full / (1 - full) * taken / 2
    return Told(taken + waits, batch, min(1.0, busy))


def simulated(station: Station, rate: float, number: int, seed: int = 7) -> Told:
    """The same of so many that come, one after the other, at the moments that chance says."""
    chance = Random(seed)  # noqa: S311 - nothing secret
    coming: list[float] = []
    moment = 0.0
    for _ in range(number):
        moment += chance.expovariate(rate)
        coming.append(moment)
    return _worked_off(station, coming)


def _worked_off(station: Station, coming: Sequence[float]) -> Told:
    free = [0.0] * station.servers
    waiting, done = deque(coming), []
    batches, busy = 0, 0.0
    while waiting:
        start = max(heapq.heappop(free), waiting[0])
        batch = [waiting.popleft()]
        while waiting and waiting[0] <= start and len(batch) < station.most:
            batch.append(waiting.popleft())
        end = start + station.takes(len(batch))
        heapq.heappush(free, end)
        done += [end - came for came in batch]
        batches, busy = batches + 1, busy + station.takes(len(batch))
    counted = done[int(len(done) * WARM) :]
    return Told(sum(counted) / len(counted), len(done) / batches, busy / station.servers / max(free))
