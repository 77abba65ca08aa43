"""How much one PostgreSQL bears: what an event costs its processes, and a model of how long it waits, checked twice.

`python -m benchmarks.capacity` measures how long a worker takes over batches of one event and of a hundred, and which
part of that are its own processor and the server's. From that the model says how long events wait at some rates; a
simulation says the same, and so does a run: another process keeps events at those rates, at random, and the database
knows when each was kept and when it was decided.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time, sleep
from typing import Any

import click
import psycopg

from benchmarks.harness import TIMES, Row
from benchmarks.on_server import Server, server
from benchmarks.people import BOOK, SMS, join, keep, phone, write_in
from benchmarks.queueing import Station, predicted, simulated
from benchmarks.table import show
from channels.base import InboundMessage
from gateway.clock import Bell, SystemClock
from gateway.incoming import new_event
from gateway.rulebooks import Rulebooks
from gateway.worker import BATCH, Worker
from rules.loader import Project
from storage.database import Storage

PEOPLE = 500
RATES = (0.1, 0.3, 0.5, 0.7)  # of what the worker can do
TIMES_ONE, TIMES_FULL = 100, 20
SIMULATED = 100_000
PAUSE = 0.001  # seconds between two looks of a worker that finds nothing
ROOT = Path(__file__).parent.parent
TICKS = 100  # of a second of processor, as the kernel tells


@dataclass(frozen=True, slots=True)
class Costs:
    """Of the worker on this machine: a station; the processor's seconds for an event of a full batch, in the worker's
    process and in the server's; and the bytes that it adds to the server's log of changes."""

    station: Station
    own: float
    server: float
    log: float


@dataclass
class Bench:
    """A worker on a database in which people write who are known."""

    storage: Storage
    worker: Worker
    said: int = 0

    def write(self, number: int) -> None:
        """So many of them write."""
        texts = [InboundMessage(f"B{self.said + n}", phone((self.said + n) % PEOPLE), "Balance") for n in range(number)]
        self.said += number
        keep(self.storage, [new_event(SMS, text, self.worker.clock.now()) for text in texts])

    def batch(self, number: int) -> float:
        """Seconds that the worker takes over so many events at once."""
        self.write(number)
        start = perf_counter()
        asyncio.run(self._turn())
        return perf_counter() - start

    async def _turn(self) -> None:
        await self.worker.work_once()

    def costs(self, url: str) -> Costs:
        one = median(self.batch(1) for _ in range(TIMES_ONE))
        processes, events = processes_of(url), BATCH * TIMES_FULL
        before = process_time(), used(processes), written(url)
        full = [self.batch(BATCH) for _ in range(TIMES_FULL)]
        after = process_time(), used(processes), written(url)
        each = (median(full) - one) / (BATCH - 1)
        spent = [(late - early) / events for early, late in zip(before, after, strict=True)]
        return Costs(Station(each, max(0.0, one - each), BATCH), *spent)


def bench(url: str) -> Bench:
    storage, clock = Storage(url), SystemClock()
    books = Rulebooks(Project(), {"sms": SMS}, {BOOK.campaign: BOOK}, {BOOK.hash: BOOK})
    made = Bench(storage, Worker(storage, books, clock, Bell(clock), lambda decided: None))
    join(storage, PEOPLE)
    _finish(made)
    write_in(storage, PEOPLE)
    _finish(made)
    return made


def _finish(made: Bench) -> None:
    async def work() -> None:
        while await made.worker.work_once():
            pass

    asyncio.run(work())


def used(processes: Sequence[int]) -> float:
    """Seconds of processor that these processes have had, those that have ended left out."""
    return sum(int(one[11]) + int(one[12]) for one in map(status, processes)) / TICKS


def status(process: int) -> list[str]:
    """What the kernel tells of a process after its name; zeros where it has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 20


def processes_of(url: str) -> list[int]:
    """All of the server's processes at work on whatever database, but for the first one."""
    with psycopg.connect(url) as connection:
        parent = status(connection.info.backend_pid)[1]
    running = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return [one for one in running if status(one)[1] == parent]


def written(url: str) -> int:
    """Bytes of the server's log of changes so far."""
    with psycopg.connect(url) as connection:
        (place,) = connection.execute("SELECT pg_current_wal_lsn() - '0/0'").fetchone() or (0,)
    return int(place)


def run_at(made: Bench, url: str, rate: float, seconds: float) -> float:
    """The mean seconds from being kept to being decided, while another process keeps events at this rate."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.capacity",
        "--keep",
        url,
        "--rate",
        str(rate),
        "--seconds",
        str(seconds),
    ]
    with made.storage.reading() as t:
        first = t.lists.events.last()
    with subprocess.Popen(command, cwd=ROOT) as keeping:  # noqa: S603 - our own
        asyncio.run(_work_beside(made.worker, keeping))
    query = "SELECT avg(decided_at - received_at) FROM inbox WHERE id > %s AND state = 'decided'"
    with psycopg.connect(url) as connection:
        (microseconds,) = connection.execute(query, [first]).fetchone() or (0,)
    return float(microseconds) / 1e6


async def _work_beside(worker: Worker, keeping: "subprocess.Popen[Any]") -> None:
    while keeping.poll() is None or await worker.work_once():
        if not await worker.work_once():
            await asyncio.sleep(PAUSE)


def keep_at(url: str, rate: float, seconds: float) -> None:
    """Keep events at this rate, at random: all that are due by then in one transaction."""
    chance, clock = Random(7), SystemClock()  # noqa: S311 - nothing secret
    with closing(Storage(url)) as storage:
        start, moment, number = perf_counter(), 0.0, 0
        while moment < seconds:
            due: list[InboundMessage] = []
            while moment <= perf_counter() - start:
                due.append(InboundMessage(f"R{rate}:{number}", phone(number % PEOPLE), "Balance"))
                number, moment = number + 1, moment + chance.expovariate(rate)
            if due:
                keep(storage, [new_event(SMS, text, clock.now()) for text in due])
            sleep(max(0.0, min(moment - (perf_counter() - start), PAUSE)))


def rows(there: Server, seconds: float) -> Iterator[Row]:
    """What an event costs, and at each rate what a run took as a part of what was predicted."""
    with there.server.database(there.empty) as url:
        made = bench(url)
        with closing(made.storage):
            costs = made.costs(url)
            yield costs_row(costs)
            for part in RATES:
                rate = part * costs.station.capacity
                yield _checked(costs.station, rate, part, run_at(made, url, rate, seconds))


def costs_row(costs: Costs) -> Row:
    station = costs.station
    colour = {"ms each": 1e3 * station.each, "ms a batch": 1e3 * station.fixed, "events/s": station.capacity}
    colour |= {"us of the worker's core": 1e6 * costs.own, "us of PostgreSQL's": 1e6 * costs.server}
    colour["bytes of log"] = costs.log
    return Row("capacity", "an event in a full batch", "", "us", [1e6 * station.takes(BATCH) / BATCH], None, colour)


def _checked(station: Station, rate: float, part: float, took: float) -> Row:
    said, played = predicted(station, rate), simulated(station, rate, SIMULATED)
    colour = {"events/s": rate, "measured ms": 1e3 * took, "predicted ms": 1e3 * said.seconds}
    colour |= {"simulated ms": 1e3 * played.seconds, "events a batch": said.batch}
    return Row("capacity", f"waiting at {part:.0%}", "what the model says", TIMES, [took / said.seconds], None, colour)


@click.command()
@click.option("--seconds", default=10.0, help="How long each rate is kept up.", show_default=True)
@click.option("--keep", "url", default="", hidden=True)
@click.option("--rate", default=1.0, hidden=True)
def main(seconds: float, url: str, rate: float) -> None:
    """Measure what an event costs on PostgreSQL, and compare the model with a simulation and with a run."""
    if url:
        keep_at(url, rate, seconds)
        return
    with server() as there:
        show(list(rows(there, seconds)))


if __name__ == "__main__":
    main()
