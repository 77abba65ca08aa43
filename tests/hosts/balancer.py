"""What stands before several gateways: each connection goes to one of those that take it.

`python -m tests.hosts.balancer PORT ADDRESS PORT` forwards a port of this machine (or host) to one place.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

CONNECT_SECONDS = 1.0
BYTES = 65_536


class Balancer:
    """Forwards connections to ``port`` of this machine to the next of ``places`` (address, port) that answers."""

    def __init__(self, port: int, places: Sequence[tuple[str, int]]) -> None:
        self._port = port
        self._places = tuple(places)
        self._turn = count()
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._came, "127.0.0.1", self._port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A task of ours: one of the server's would be told of as broken when it is stopped."""
        task = asyncio.create_task(self._forward(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):  # whoever asked sees its connection end, as with any balancer
                await self._between(reader, writer)
        finally:
            writer.close()

    async def _between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await self._connect()
        try:
            ways = [asyncio.create_task(pump(reader, back)), asyncio.create_task(pump(there, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            back.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError where nobody answers."""
        for _ in self._places:
            place = self._places[next(self._turn) % len(self._places)]
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await asyncio.open_connection(*place)
            except (OSError, TimeoutError):
                continue
        raise OSError("no gateway answers")


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Until the source ends."""
    while data := await source.read(BYTES):
        target.write(data)
        await target.drain()


async def serve(port: int, address: str, there: int) -> None:
    await Balancer(port, [(address, there)]).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
