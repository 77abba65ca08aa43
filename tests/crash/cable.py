"""A cable to PostgreSQL. While its process is stopped nothing comes through, and neither end is told."""

import asyncio
from contextlib import suppress
from pathlib import Path


def carry(here: Path, there: Path) -> None:
    """Carry what is sent to the socket ``here`` to the socket ``there``, and back, until killed."""
    asyncio.run(_carry(here, there))


async def _carry(here: Path, there: Path) -> None:
    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_unix_connection(there)
        await asyncio.gather(pump(reader, forth), pump(back, writer))

    async with await asyncio.start_unix_server(join, here) as server:
        await server.serve_forever()


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Until one of the two ends; then both do."""
    with suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()
