"""Requests as no client library would send them."""

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass
from socket import SO_LINGER, SOL_SOCKET
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Wire:
    """A connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def status(self) -> int:
        """The status of what is answered next."""
        line = await asyncio.wait_for(self.reader.readline(), 10)
        return int(line.split()[1])

    async def reset(self) -> None:
        """Hang up the hard way: the other side's reads fail."""
        self.writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        await self.close()

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionResetError):  # the other side was quicker
            await self.writer.wait_closed()


async def send(url: str, *lines: str, body: bytes = b"") -> Wire:
    """Send these lines and no blank one more than there is to send, to the server at ``url``."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write("".join(f"{line}\r\n" for line in lines).encode("latin-1") + body)
    await writer.drain()
    return Wire(reader, writer)


async def post(url: str, path: str, *headers: str, body: bytes) -> Wire:
    """POST this much of a body, of which ``headers`` may promise more."""
    return await send(url, f"POST {path} HTTP/1.1", "Host: localhost", *headers, "", body=body)
