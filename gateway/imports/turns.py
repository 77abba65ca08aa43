"""Whose turn it is to read a file, where more campaigns have lists than files are read at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

READERS = 2  # files that are read at once, of different campaigns


@dataclass
class Turns:
    """`READERS` at once; the others in the order in which they came."""

    waiting: int = 0
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS))

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A turn, for as long as the block runs: who has another one behind it waits behind all who wait now."""
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._free.release()
