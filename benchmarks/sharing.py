"""Two worker processes against one, on one PostgreSQL; and what a worker process costs that has nothing to do.

Every event is kept before the clock starts, and whoever measures only reads a line for each batch: so nothing but the
workers and the server needs the processor. Each slice has fresh processes, warmed with events of another database, and
a fresh copy of the same backlog. The server is the one that the tests use, on the same machine, and does not wait for
its disk: the figure says what the processors allow.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from psycopg.conninfo import conninfo_to_dict

from benchmarks.harness import MILLISECONDS, RATIO, Plan, Row, Slice, alternate, rates
from benchmarks.people import join
from storage.database import Storage
from tests.databases import PostgresServer, postgres_server, prepared_database

GOAL = 1.6
EVENTS_PER_SECOND = 6_000  # of both together, about
WARMING = 400  # events, after which a process is as fast as it gets
IDLE_SECONDS = 5.0
SETTLES = 3.0  # seconds after its last work until a process is idle
ROOT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process that has warmed up and waits for the word to begin."""

    process: "subprocess.Popen[bytes]"

    def begin(self) -> None:
        assert self.process.stdin is not None  # noqa: S101 - a pipe was asked for
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    @property
    def out(self) -> int:
        """Where it writes a dot for each event it has decided."""
        assert self.process.stdout is not None  # noqa: S101 - a pipe was asked for
        return self.process.stdout.fileno()

    def hear(self) -> bytes:
        """What it has written meanwhile. Raises EOFError where it has ended."""
        if told := os.read(self.out, 65_536):
            return told
        raise EOFError(f"a worker process ended with {self.process.wait()}")

    @property
    def processor_seconds(self) -> float:
        """How long it has had a processor since it began."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def rows(plan: Plan) -> list[Row]:
    events = plan.size(EVENTS_PER_SECOND)
    with ExitStack() as open_ones:
        server = open_ones.enter_context(postgres_server())
        empty = open_ones.enter_context(prepared_database(server, shared=True))
        warm = open_ones.enter_context(backlog(server, empty, min(WARMING, events)))
        full = open_ones.enter_context(backlog(server, empty, events))
        one, two = (partial(decide, server, warm, full, events, processes) for processes in (1, 2))
        pairs = alternate(one, two, plan.rounds, warm=0)
        idle = [idle_cost(server, warm, empty, plan.seconds * IDLE_SECONDS) for _ in range(plan.rounds)]
    return [
        Row("two-workers", "people join", "one worker process", RATIO, pairs.ratios, GOAL, rates(pairs, "events")),
        Row("two-workers", "an idle worker process", "a minute", MILLISECONDS, idle),
    ]


@contextmanager
def backlog(server: PostgresServer, empty: str, people: int) -> Iterator[str]:
    """The name of a database in which so many people wait to join."""
    with server.database(empty) as url:
        with closing(Storage(url)) as storage:
            storage.share()
            join(storage, people)
        yield str(conninfo_to_dict(url)["dbname"])


def decide(server: PostgresServer, warm: str, full: str, events: int, processes: int) -> Slice:
    """How long so many processes take for the backlog."""
    with server.database(full) as url, ExitStack() as running:
        workers = [running.enter_context(warmed(server, warm, url)) for _ in range(processes)]
        begun = time.perf_counter()
        for worker in workers:
            worker.begin()
        wait_until_decided(workers, events)
        return Slice(events, time.perf_counter() - begun)


def idle_cost(server: PostgresServer, warm: str, empty: str, seconds: float) -> float:
    """Milliseconds of a processor that a worker with nothing to do takes in a minute."""
    with server.database(empty) as url, warmed(server, warm, url) as worker:
        worker.begin()
        time.sleep(SETTLES)
        before = worker.processor_seconds
        time.sleep(seconds)
        return (worker.processor_seconds - before) * 60_000 / seconds


@contextmanager
def warmed(server: PostgresServer, warm: str, url: str) -> Iterator[Worker]:
    """A worker process on the database of this URL."""
    pipe = subprocess.PIPE
    with server.database(warm) as other:
        command = [sys.executable, "-m", "benchmarks.sharing_worker", other, url]
        with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) as process:  # noqa: S603 - our own
            try:
                worker = Worker(process)
                worker.hear()
                yield worker
            finally:
                process.kill()


def wait_until_decided(workers: Sequence[Worker], events: int) -> None:
    """Return when together they have decided so many."""
    with DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker.out, EVENT_READ, worker)
        while events > 0:
            for key, _ in selector.select():
                events -= key.data.hear().count(b".")
