"""Connections that shoot at a gateway, in this process or in one of their own (``python -m tests.fuzz.gunner``)."""

import asyncio
import json
import sys
from collections import Counter, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.fuzz.shots import Shooter, Shot

CONNECTIONS = 32
VOLLEY = 10  # requests sent at once on one connection
LONGEST = 30.0  # seconds for an answer
TENTHS = 10


@dataclass
class Tally:
    """What was answered how often, how many of the requests were whole and signed, and what went wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    owed: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """This and that."""
        self.statuses += other.statuses
        self.owed += other.owed
        self.faults += other.faults

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps([list(self.statuses.items()), self.owed, self.faults])


def tally_of(line: str) -> Tally:
    """What `Tally.line` wrote."""
    statuses, owed, faults = json.loads(line)
    return Tally(Counter(dict(statuses)), owed, faults)


@dataclass
class Gunner:
    """One connection after the other; several requests are on their way at once (pipelined): fewer system calls."""

    port: int
    shooter: Shooter
    tally: "Tally"
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
            self.tally.faults.append(f"no answer: {volley.popleft().wire()[:300]!r}")

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
        self.tally.statuses[status] += 1
        self.tally.owed += shot.owed
        if shot.owed and status != 200:
            self.tally.faults.append(f"whole and signed, answered {status}: {shot.target}")

    async def close(self) -> None:
        if self._wire is not None:
            self._wire[1].close()
            self._wire = None


async def here(port: int, seed: int, share: int) -> AsyncIterator[Tally]:
    """Ten times ``share`` requests on each connection; what became of each tenth."""
    gunners = [Gunner(port, Shooter(number, seed), Tally()) for number in range(CONNECTIONS)]
    for _ in range(TENTHS):
        tally = Tally()
        for gunner in gunners:
            gunner.tally = tally
        await asyncio.gather(*(gunner.fire(share) for gunner in gunners))
        yield tally
    for gunner in gunners:
        await gunner.close()


async def apart(port: int, seed: int, share: int) -> AsyncIterator[Tally]:
    """The same from a process of its own."""
    command = (sys.executable, "-m", "tests.fuzz.gunner", *map(str, (port, seed, share)))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async for line in process.stdout:
        yield tally_of(line.decode())
    if code := await process.wait():
        yield Tally(faults=[f"the gunners ended with {code}"])


async def main(*numbers: int) -> None:
    async for tally in here(*numbers):
        print(tally.line(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:4])))
