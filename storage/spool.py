"""A second place for events, on this machine's own disk: they wait here while the database can't take them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO, TypeVar

from sqlalchemy import Connection, delete, update

from storage.errors import SpoolUnavailable
from storage.process_lock import lock_process
from storage.spool_file import (
    EVENTS,
    WAITS,
    SpooledEvent,
    SpoolFile,
    counted,
    inserted,
    made,
    oldest,
    size_of,
    spool_told,
    written_and_removed,
)
from storage.threads import in_thread
from storage.values import NewEvent

T = TypeVar("T")

SPOOL_LIMIT = 1_000_000  # events that may wait in a spool
SPOOL_BYTES = 2 * 1024**3  # that its file may have, with what is set aside in it


class Spool:
    """Keeps events in a SQLite file of its own, in order, until they are moved to the database.

    Every method raises `SpoolUnavailable` where the file can't be used. What is set aside in it, commands may take out
    meanwhile (`storage.set_aside`).
    """

    def __init__(self, path: Path, limit: int = SPOOL_LIMIT, bytes_limit: int = SPOOL_BYTES) -> None:
        """Nothing is opened yet; at most ``limit`` events may wait, and the file may have ``bytes_limit`` bytes."""
        self._path = path
        self._limit = limit
        self._bytes_limit = bytes_limit
        self._found = 0  # how many events waited when it was opened
        self._came = self._left = 0  # how many events have begun to wait, those found included, and ceased to
        self._moved = self._forgotten = 0  # all up to these numbers are in the database, are no more in the file
        self._file = SpoolFile(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._lock: TextIO | None = None

    @property
    def depth(self) -> int:
        """How many events wait to be moved."""
        return self._came - self._left

    @property
    def left(self) -> int:
        """How many events have ceased to wait since it was opened."""
        return self._left

    @property
    def holds_earlier(self) -> bool:
        """Whether events wait that an earlier process has left."""
        return self._left < self._found

    @property
    def remains(self) -> bool:
        """Whether anything that was moved is still in the file."""
        return self._moved > self._forgotten

    def open(self) -> None:
        """Make the file if there is none, and count what waits in it. Raises `AlreadyRunning` if another process has
        it."""
        with spool_told(self._path):
            self._lock = lock_process(self._path)
        self._came = self._found = self._transact(made)

    def close(self) -> None:
        """Finish what is running and let go of the file; what waits in it is there at the next `open`."""
        self._thread.shutdown()
        self._file.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def keep(self, events: Sequence[NewEvent]) -> list[bool]:
        """Keep the events in the order given; return when they are on disk: True for what was not in the spool yet.

        All of them or none: also raises `SpoolUnavailable` where more than the limits would be in it.
        """
        new = await in_thread(self._thread, lambda: self._keep(events))
        return [event.key in new for event in events]

    async def oldest(self, limit: int) -> list[SpooledEvent]:
        """The first events that wait to be moved, oldest first."""
        return await in_thread(self._thread, lambda: self._oldest(limit))

    def moved(self, events: Sequence[SpooledEvent]) -> None:
        """These are in the database: they wait no more, even where the file can't be written now. All before them must
        be there, too, or set aside: whatever has a lower number counts as moved."""
        self._moved = max(self._moved, *(one.seq for one in events))
        self._left += len(events)

    async def put_aside(self, event: SpooledEvent, error: str) -> None:
        """The database refuses this event: it stays in the file, with the reason, and waits no more."""
        change = update(EVENTS).where(EVENTS.c.seq == event.seq).values(error=error)
        await in_thread(self._thread, lambda: self._transact(lambda connection: connection.execute(change)))
        self._left += 1

    async def set_aside(self) -> int:
        """How many events in the file the database refused."""
        return await in_thread(self._thread, lambda: self._transact(lambda connection: counted(connection, ~WAITS)))

    async def forget(self) -> None:
        """Remove what was moved from the file, and once nothing waits from its log."""
        await in_thread(self._thread, self._forget)

    async def check(self) -> None:
        """Return if the spool would keep an event now."""
        await in_thread(self._thread, self._check)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        return self._file.transact(work)

    def _keep(self, events: Sequence[NewEvent]) -> set[str]:
        self._require_room(len(events))
        new = self._transact(lambda connection: self._inserted(connection, events))
        self._came += len(new)
        return new

    def _inserted(self, connection: Connection, events: Sequence[NewEvent]) -> set[str]:
        new = inserted(connection, events)
        self._require_bytes(connection)
        return new

    def _require_room(self, events: int) -> None:
        if self.depth + events > self._limit:
            raise SpoolUnavailable(f"{self.depth} events wait in the spool {self._path}, which takes {self._limit}")

    def _require_bytes(self, connection: Connection) -> None:
        if (size := size_of(connection)) > self._bytes_limit:
            raise SpoolUnavailable(f"it would have {size} bytes, of at most {self._bytes_limit}")

    def _oldest(self, limit: int) -> list[SpooledEvent]:
        found = self._transact(lambda connection: oldest(connection, self._moved, limit))
        if len(found) < limit:
            self._left = self._came - len(found)  # somebody who was erased may be gone from here, too
        return found

    def _check(self) -> None:
        """Write as much as an event would, and leave nothing."""
        self._require_room(1)
        self._transact(self._try)

    def _try(self, connection: Connection) -> None:
        written_and_removed(connection)
        self._require_bytes(connection)

    def _forget(self) -> None:
        moved = self._moved
        self._transact(lambda connection: connection.execute(delete(EVENTS).where(WAITS, EVENTS.c.seq <= moved)))
        self._forgotten = moved
        if not self.depth:
            self._file.empty_log()
