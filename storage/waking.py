"""The one door to PGQueuer: it wakes worker processes for shards in which events wait, and notices when one is gone.

A job of its queue says "look into this shard", nothing more: what is decided, and by whom, our own tables say. So a job
that is lost, or done twice, costs time and nothing else. Only `Storage.share` loads this module: a process that has its
database to itself knows nothing of it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from re import compile as pattern
from typing import Any, Self

from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries, SyncQueries
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.ports.driver import NotifyCallback, SyncDriver
from pgqueuer.qm import QueueManager
from psycopg import AsyncConnection, Error
from sqlalchemy import URL, Connection, text

from storage.engines import POSTGRES
from storage.errors import SchemaMismatch, StorageUnavailable
from storage.schema import MIGRATION_LOCK

ENTRYPOINT = "shard"  # the kind of our jobs; their payload is the shard's number
HEARTBEAT_TIMEOUT = timedelta(seconds=4)  # a process silent for so long has lost its jobs; with the next look: below 10
DEQUEUE_TIMEOUT = timedelta(seconds=2)  # how often jobs of a lost process are looked for though nothing happens
TAKEN_AT_ONCE = 32  # jobs, which are done together
IN_HAND = 64  # jobs one process has, at least twice as many as it takes at once; the others wait for whoever is free
LOG_KEPT = timedelta(minutes=10)  # what PGQueuer notes of jobs, for people who look for a fault
NUMBERED = pattern(r"\$([0-9]+)")

Wake = Callable[[int], Awaitable[bool]]


@dataclass
class Waking:
    """PGQueuer on the database of this URL, as many processes share it."""

    url: URL
    _builder: QueryQueueBuilder = field(default_factory=QueryQueueBuilder)

    def install(self) -> None:
        """Make PGQueuer's tables, or bring them to what its installed release needs. Processes that start at the same
        time do so one after the other. Raises `StorageUnavailable`."""
        in_a_loop_of_its_own(self._install())

    def check(self) -> None:
        """Raise `SchemaMismatch` unless PGQueuer's tables are those it needs."""
        in_a_loop_of_its_own(self._check())

    def enqueue(self, connection: Connection, shards: Sequence[int]) -> None:
        """One job for each of these shards, in the connection's transaction."""
        count = len(shards)
        queue = SyncQueries(InTransaction(connection), self._builder)
        queue.enqueue([ENTRYPOINT] * count, [b"%d" % shard for shard in shards], [0] * count)

    def told(self, connection: Connection) -> set[int]:
        """The shards for which there is a job that nobody has done yet."""
        table = self._builder.qualified.queue_table
        undone = f"SELECT payload FROM {table} WHERE entrypoint = :name AND status IN ('queued', 'picked')"  # noqa: S608
        return {int(payload) for payload in connection.execute(text(undone), {"name": ENTRYPOINT}).scalars()}

    def forget(self, connection: Connection) -> None:
        """Empty PGQueuer's log of what is older than `LOG_KEPT`."""
        log = self._builder.qualified.queue_table_log
        connection.execute(text(f"DELETE FROM {log} WHERE created < now() - :kept"), {"kept": LOG_KEPT})  # noqa: S608

    async def serve(self, wake: Wake, ended: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Call ``wake`` with the number of each shard that this process is woken for, up to `IN_HAND` at once, until
        ``ended`` is set and those that were begun are done. Where it returns False, another process is woken instead.

        ``on_ready`` is called once the database answers. Raises `StorageUnavailable` when it is lost.
        """
        with unavailable_told():
            async with self._line() as asking, self._line() as listening:
                on_ready()
                manager = QueueManager(Queries(Lines(asking, listening)))
                manager.shutdown = ended
                manager.entrypoint(ENTRYPOINT, accepts_context=False)(job_of(wake))
                await manager.run(
                    dequeue_timeout=DEQUEUE_TIMEOUT,
                    heartbeat_timeout=HEARTBEAT_TIMEOUT,
                    batch_size=TAKEN_AT_ONCE,
                    max_concurrent_tasks=IN_HAND,
                    shutdown_on_listener_failure=True,
                    log_aggregation_interval=timedelta(0),
                )

    async def _install(self) -> None:
        async with self._line() as line:
            await line.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
            queries = Queries(PsycopgDriver(line))
            await (queries.upgrade() if await queries.schema_is_installed() else queries.install())

    async def _check(self) -> None:
        async with self._line() as line:
            queries = Queries(PsycopgDriver(line))
            if not await queries.schema_is_installed() or (await queries.plan_upgrade()).statements:
                raise SchemaMismatch("PGQueuer's tables are missing or old: start one process without --no-migrate")

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[AsyncConnection]:
        """A session of its own; each statement commits."""
        _, where = self.url.get_dialect()().create_connect_args(self.url)
        options: dict[str, Any] = {**POSTGRES, **where}
        async with await AsyncConnection.connect(autocommit=True, **options) as connection:
            yield connection


class Lines(PsycopgDriver):
    """PGQueuer's driver, listening on a second session: psycopg waits for notifications for a tenth of a second at a
    time, and whatever was asked on the same session would have to wait as long."""

    def __init__(self, asking: AsyncConnection, listening: AsyncConnection) -> None:
        super().__init__(asking)
        self._ear = PsycopgDriver(listening)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        await self._ear.add_listener(channel, callback)

    async def remove_listener(self, channel: str, callback: NotifyCallback) -> None:
        await self._ear.remove_listener(channel, callback)

    async def __aenter__(self) -> Self:
        await self._ear.__aenter__()
        return await super().__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._ear.__aexit__(*error)
        await super().__aexit__(*error)


@dataclass
class InTransaction(SyncDriver):
    """Runs PGQueuer's own statements in a transaction of ours: its own driver takes only a session that is in none."""

    connection: Connection

    def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """The rows that the statement returns; ``args`` are its $1, $2 and so on."""
        marked = NUMBERED.sub(r"%(p\1)s", query.replace("%", "%%"))
        named = {f"p{number}": value for number, value in enumerate(args, 1)}
        return [dict(row) for row in self.connection.exec_driver_sql(marked, named).mappings()]


def job_of(wake: Wake) -> Callable[[Job], Coroutine[Any, Any, None]]:
    """What PGQueuer does with a job of ours; one that was not done goes back into its queue."""

    async def do(job: Job) -> None:
        if not await wake(int(job.payload or b"")):
            raise RetryRequested

    return do


def in_a_loop_of_its_own(work: Coroutine[Any, Any, None]) -> None:
    """Do it now, also where the calling thread has a loop that runs."""
    with ThreadPoolExecutor(1) as thread, unavailable_told():
        thread.submit(asyncio.run, work).result()


@contextmanager
def unavailable_told() -> Iterator[None]:
    """Raise `StorageUnavailable` for trouble with PGQueuer's own sessions."""
    try:
        yield
    except (Error, FailingListenerError, OSError) as error:
        raise StorageUnavailable(str(error).strip() or type(error).__name__) from error
