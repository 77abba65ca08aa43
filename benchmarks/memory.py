"""Memory: what the process of a worker holds after ever more events. Flat is what it should be.

A process of its own keeps events and decides them, step by step: people who write again and again, and are answered.
`python -m benchmarks.memory` does so with 1,000,000 events in steps of 100,000; `make bench` with a hundredth of that.
"""

import asyncio
import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.bare import empty_database
from benchmarks.harness import TIMES, Plan, Row
from benchmarks.people import NOW, SMS, join, keep, phone, work_off, write_in
from channels.base import InboundMessage
from gateway.incoming import new_event
from storage.database import Storage

GOAL = 1.1
STEPS = 10
EVENTS_PER_SECOND = 1_000
PEOPLE = 500
LATER = 1_000_000_000  # what is added to the numbers of messages, for the answers have the first ones
MEGABYTE = 1e6
ROOT = Path(__file__).parent.parent
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def rows(plan: Plan) -> list[Row]:
    """What it holds after the second and each further step, as a part of what it held after the first."""
    return [measured(plan.folder, plan.size(EVENTS_PER_SECOND))]


def measured(folder: Path, step: int) -> Row:
    """The row of `STEPS` steps of so many events each."""
    command = [sys.executable, "-m", "benchmarks.memory", "--step", str(step), "--folder", str(folder)]
    told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    first, *later = json.loads(told.splitlines()[-1])
    colour = {"events": float(step * STEPS), "MB after the first step": first, "MB at the end": later[-1]}
    case = "a worker, after each further step"
    return Row("memory", case, "after the first step", TIMES, [one / first for one in later], GOAL, colour)


def steps(storage: Storage, step: int) -> Iterator[float]:
    """The megabytes after each step of so many events."""
    people = min(PEOPLE, step)
    join(storage, people)
    asyncio.run(work_off(storage))
    write_in(storage, people)
    asyncio.run(work_off(storage))
    for number in range(STEPS):
        for first in range(0, step, people):
            _write(storage, people, number * step + first, min(people, step - first))
            asyncio.run(work_off(storage))
        gc.collect()
        yield resident()


def _write(storage: Storage, people: int, first: int, number: int) -> None:
    said = [InboundMessage(f"SM{LATER + n:032x}", phone(n % people), "Balance") for n in range(first, first + number)]
    keep(storage, [new_event(SMS, message, NOW) for message in said])


def resident() -> float:
    """How many megabytes of this process are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / MEGABYTE


@click.command()
@click.option("--step", default=100_000, help="Events in each of ten steps.", show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Where the database is made.")
def main(step: int, folder: Path | None) -> None:
    """Tell how many megabytes a worker holds after each of ten steps."""
    with TemporaryDirectory(prefix="benchmarks-", dir=folder) as place:
        path = empty_database(Path(place) / "memory.db")
        with closing(Storage(f"sqlite:///{path}")) as storage:
            found = []
            for megabytes in steps(storage, step):
                found.append(megabytes)
                print(f"{len(found) * step:>12,} events {megabytes:8.1f} MB", file=sys.stderr, flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
