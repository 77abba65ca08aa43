"""A session of PostgreSQL aside from all others: what is done there commits by itself, and waits for no other work."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, text

from storage.engines import aside_engine, database_url
from storage.leases import Leases
from storage.threads import in_thread
from storage.troubles import unavailable_told

T = TypeVar("T")

BELLS = "pointsman_bells"  # the channel on which processes ring one another's bells
RING = text("SELECT pg_notify(:channel, :name)").bindparams(channel=BELLS)


class Aside:
    """Leases are taken and bells rung here. Every method raises `StorageUnavailable` when the server can't be used, at
    the latest after some seconds: see `engines.SILENT_SECONDS`."""

    def __init__(self, url: str) -> None:
        """Nothing is opened yet. Raises ValueError if the URL names no database."""
        self._engine = aside_engine(database_url(url))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="storage-aside")

    async def take(self, lease: str, holder: str, seconds: float) -> bool:
        """As `Leases.take`."""
        return await self._do(lambda session: Leases(session).take(lease, holder, seconds))

    async def renew(self, lease: str, holder: str, seconds: float) -> bool:
        """As `Leases.renew`."""
        return await self._do(lambda session: Leases(session).renew(lease, holder, seconds))

    async def release(self, lease: str, holder: str) -> None:
        """As `Leases.release`."""
        await self._do(lambda session: Leases(session).release(lease, holder))

    async def ring(self, bells: Collection[str]) -> None:
        """Let every process that listens hear these bells."""
        await self._do(lambda session: session.execute(RING, [{"name": name} for name in bells]))

    def close(self) -> None:
        """Finish what is running, then let go of the session."""
        self._thread.shutdown()
        self._engine.dispose()

    async def _do(self, work: Callable[[Connection], T]) -> T:
        return await in_thread(self._thread, lambda: self._done(work))

    def _done(self, work: Callable[[Connection], T]) -> T:
        with unavailable_told(), self._engine.connect() as session:
            return work(session)
