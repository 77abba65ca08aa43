"""The one door to PGQueuer: it wakes worker processes for shards in which events wait, and notices when one is gone.

A job of its queue says "look into this shard", nothing more: what is decided, and by whom, our own tables say. So a job
that is lost, or done twice, costs time and nothing else. Only `Storage.share` loads this module: a process that has its
database to itself knows nothing of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from re import compile as pattern
from typing import Any, Self

from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries, SyncQueries
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver, NotifyCallback, SyncDriver
from pgqueuer.qm import QueueManager
from psycopg import AsyncConnection, Error
from sqlalchemy import URL, Connection, text

from storage.errors import SchemaMismatch, StorageUnavailable
from storage.schema import MIGRATION_LOCK
from storage.sessions import session

ENTRYPOINT = "shard"  # the kind of our jobs; their payload is the shard's number
HEARTBEAT_TIMEOUT = timedelta(seconds=4)  # a process silent for so long has lost its jobs; with the next look: below 10
DEQUEUE_TIMEOUT = timedelta(seconds=2)  # how often jobs of a lost process are looked for though nothing happens
TAKEN_AT_ONCE = 32  # jobs, which are done together
IN_HAND = 2 * TAKEN_AT_ONCE  # jobs one process has (PGQueuer wants no fewer); the others wait for whoever is free
CHANGED, QUIET_SECONDS = "table_changed_event", 0.02  # a notice of jobs that came or went, and how often one is heard
LOG_KEPT = timedelta(minutes=10)  # what PGQueuer notes of jobs, for people who look for a fault
NUMBERED = pattern(r"\$([0-9]+)")

Wake = Callable[[int], Awaitable[bool]]


class Names(DBSettings):
    """What PGQueuer's tables and its channel are called: the same in every process. It would have them from the
    environment, where also a `CHANNEL` or `TRIGGER` of somebody else's would be its own."""

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, *others: Any, **more: Any) -> Any:
        """Nothing but what stands in the program."""
        return (init_settings,)


NAMES = Names()
QUEUE, LOG = NAMES.queue_table, NAMES.queue_table_log

# Every job is a row that comes, changes and goes. Not PGQueuer's own `optimize_autovacuum`: by that a million dead rows
# of the log would stand, for it takes it for one that nobody empties.
SWEPT_OFTEN = {
    QUEUE: "fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, "
    "autovacuum_vacuum_cost_delay = 0",
    LOG: "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000",
}
IS_AS_IT_CAME = "SELECT reloptions IS NULL FROM pg_class WHERE oid = %s::regclass"


@dataclass
class Waking:
    """PGQueuer on the database of this URL, as many processes share it."""

    url: URL
    _builder: QueryQueueBuilder = field(default_factory=lambda: QueryQueueBuilder(NAMES))

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
        undone = f"SELECT payload FROM {QUEUE} WHERE entrypoint = :name AND status IN ('queued', 'picked')"  # noqa: S608
        return {int(payload) for payload in connection.execute(text(undone), {"name": ENTRYPOINT}).scalars()}

    def forget(self, connection: Connection) -> None:
        """Empty PGQueuer's log of what is older than `LOG_KEPT`."""
        connection.execute(text(f"DELETE FROM {LOG} WHERE created < now() - :kept"), {"kept": LOG_KEPT})  # noqa: S608

    async def serve(self, wake: Wake, ended: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Call ``wake`` with the number of each shard that this process is woken for, up to `IN_HAND` at once, until
        ``ended`` is set and those that were begun are done. Where it returns False, another process is woken instead.

        ``on_ready`` is called once the database answers. Raises `StorageUnavailable` when it is lost.
        """
        with unavailable_told():
            async with session(self.url) as asking, session(self.url) as listening:
                on_ready()
                manager = QueueManager(queries_by(Lines(asking, listening)), Channel(NAMES.channel))
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
        async with session(self.url) as line:
            await line.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
            queries = queries_by(PsycopgDriver(line))
            await (queries.upgrade() if await queries.schema_is_installed() else queries.install())
            await sweep_often(line)

    async def _check(self) -> None:
        async with session(self.url) as line:
            queries = queries_by(PsycopgDriver(line))
            if not await queries.schema_is_installed() or (await queries.plan_upgrade()).statements:
                raise SchemaMismatch("PGQueuer's tables are missing or old: start one process without --no-migrate")


def queries_by(driver: Driver) -> Queries:
    return Queries(driver, QueryBuilderEnvironment(NAMES), QueryQueueBuilder(NAMES), QuerySchedulerBuilder(NAMES))


async def sweep_often(line: AsyncConnection) -> None:
    """Tell PostgreSQL to tidy PGQueuer's tables as they need it; what an administrator has told it of them stays."""
    for table, options in SWEPT_OFTEN.items():
        found = await line.execute(IS_AS_IT_CAME, (table,))
        if await found.fetchone() == (True,):
            await line.execute(f"ALTER TABLE {table} SET ({options})".encode())


class Lines(PsycopgDriver):
    """PGQueuer's driver, listening on a second session: psycopg waits for notifications for a tenth of a second at a
    time, and whatever was asked on the same session would have to wait as long."""

    def __init__(self, asking: AsyncConnection, listening: AsyncConnection) -> None:
        super().__init__(asking)
        self._ear = PsycopgDriver(listening)
        self._listens = asyncio.Event()

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        await self._ear.add_listener(channel, Seldom(callback))
        self._listens.set()

    async def notify(self, channel: str, payload: str) -> None:
        """PGQueuer tells itself something to see that it is heard, and does so while it begins to listen: told before,
        it would hear nothing and take the database for lost."""
        await self._listens.wait()
        await super().notify(channel, payload)

    async def __aenter__(self) -> Self:
        await self._ear.__aenter__()
        return await super().__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._ear.__aexit__(*error)
        await super().__aexit__(*error)


@dataclass
class Seldom:
    """Hands on notices, of those that jobs came or went one in `QUIET_SECONDS`: after each PGQueuer asks for jobs two
    to five times. So they pile up where it asks more slowly than they come, of whatever process's jobs they are."""

    callback: NotifyCallback
    quiet: float = QUIET_SECONDS
    _last: float = 0.0
    _waits: bool = False

    def __call__(self, notice: str | bytes | bytearray) -> None:
        if CHANGED not in str(notice):
            self.callback(notice)
        elif not self._waits:
            self._waits, loop = True, asyncio.get_running_loop()
            loop.call_at(max(self._last + self.quiet, loop.time()), self._tell, notice)

    def _tell(self, notice: str | bytes | bytearray) -> None:
        self._waits, self._last = False, asyncio.get_running_loop().time()
        self.callback(notice)


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
    except FailingListenerError as error:
        raise StorageUnavailable("the session that listens for notifications hears none any more") from error
    except (Error, OSError) as error:
        raise StorageUnavailable(str(error).strip() or type(error).__name__) from error
