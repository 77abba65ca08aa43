"""`python -m benchmarks.sharing_worker WARM URL`: a worker process that writes a dot for each event it has decided.

It decides what waits in the database WARM, writes a newline, waits for a line, and then decides what waits in the one
of URL as one of many, until it is killed.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import closing

from benchmarks.people import BOOK, NOW, SMS
from gateway.clock import Bell, ManualClock
from gateway.decided import Decided
from gateway.rulebooks import Rulebooks
from gateway.shards import Shards
from gateway.worker import Worker
from rules.loader import Project
from storage.database import Storage


def tell(decided: Sequence[Decided]) -> None:
    os.write(sys.stdout.fileno(), b"." * len(decided))


async def work(warm: str, url: str) -> None:
    clock = ManualClock(NOW)
    rulebooks = Rulebooks(Project(), {"sms": SMS}, {BOOK.campaign: BOOK}, {BOOK.hash: BOOK})
    bell = Bell(clock)
    with closing(Storage(warm)) as other, closing(Storage(url)) as storage:
        other.share()
        storage.share()
        warming = Worker(other, rulebooks, clock, bell, lambda decided: None)
        while await warming.work_once():
            pass
        os.write(sys.stdout.fileno(), b"\n")
        await asyncio.to_thread(sys.stdin.readline)
        await Shards(storage, Worker(storage, rulebooks, clock, bell, tell), bell).run()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
