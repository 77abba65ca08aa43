"""Several worker processes on one PostgreSQL: whichever dies, hangs or is cut off, each event is decided once, in the
order of its lane, and the others go on within 10 seconds."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from channels.base import InboundMessage
from gateway.incoming import new_event
from gateway.intake import Given
from gateway.keeping import keep_participants
from storage.database import Storage
from storage.values import NewEvent
from tests.crash.shard_worker import SMS, main

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
PHONES = [f"+4915100000{number:03}" for number in range(30)]
LETTERS = 3  # of each person
WITHIN = 10.0  # seconds after which the others have what was another's
SLACK = 20.0  # seconds in which a machine that has much else to do decides what they have
LOOK = 0.2
TEXT = re.compile("You wrote number ([0-9]+)$")
NURSERY = get_context("forkserver")  # reads the program once
NURSERY.set_forkserver_preload(["tests.crash.shard_worker"])


@dataclass
class Worker:
    """A worker process, and the file in which it logs."""

    process: Any
    written: Path

    def has_said(self, word: str) -> bool:
        return self.written.exists() and word in self.written.read_text()

    def is_struck(self) -> bool:
        """It is dead or stands still."""
        if not self.process.is_alive():
            return True
        return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def tell(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def stops_cleanly(self) -> None:
        self.tell(signal.SIGTERM)
        self.process.join(SLACK)
        assert self.process.exitcode == 0, self.written.read_text()


@dataclass
class Workers:
    """Worker processes on one database, which end with the test."""

    url: str
    folder: Path
    begun: list[Worker] = field(default_factory=list)

    def begin(self, *strike: object) -> Worker:
        """One more; with what it does to itself: a signal, where, at which batch."""
        written = self.folder / f"{len(self.begun)}.log"
        process = NURSERY.Process(target=main, args=(self.url, written, strike or None))
        process.start()
        self.begun.append(Worker(process, written))
        return self.begun[-1]

    def close(self) -> None:
        for worker in self.begun:
            worker.process.kill()
            worker.process.join()


@pytest.fixture
def workers(shared_url: str, tmp_path: Path) -> Iterator[Workers]:
    with closing(Workers(shared_url, tmp_path)) as workers:
        yield workers


@dataclass
class Ground:
    """The database, as a process that shares it and decides nothing."""

    url: str
    storage: Storage
    said: int = 0

    def write(self, letters: int = LETTERS) -> None:
        """Everybody writes so many letters."""
        for _ in range(letters):
            messages = [InboundMessage(f"{phone}-{self.said}", phone, f"number {self.said}") for phone in PHONES]
            self.keep([new_event(SMS, message, NOW) for message in messages])
            self.said += 1

    def write_until(self, met: Callable[[], bool]) -> None:
        """Everybody writes again and again until something has come true."""

        def looks() -> bool:
            self.write(1)
            return met()

        wait_until(looks)

    def keep(self, events: list[NewEvent]) -> None:
        with self.storage.transaction() as t:
            t.inbox.keep(events)

    def waiting(self) -> int:
        with self.storage.reading() as t:
            return t.inbox.waiting_count()

    def answered(self) -> dict[str, list[int]]:
        """The numbers of the letters each was answered, in the order in which answers are owed."""
        query = "SELECT m.address, m.text FROM outbox o JOIN message m ON m.id = o.message ORDER BY o.seq"
        found: dict[str, list[int]] = {phone: [] for phone in PHONES}
        with self.storage.reading() as t:
            for address, words in t.inbox._connection.execute(text(query)):
                match = TEXT.search(words)
                assert match is not None, words
                found[address].append(int(match[1]))
        return found

    def tell(self, statement: str) -> None:
        with self.storage.transaction() as t:
            t.inbox._connection.execute(text(statement))

    def assert_all_in_order(self) -> None:
        """Each letter was answered once, in its order, and the books balance."""
        assert self.answered() == {phone: list(range(self.said)) for phone in PHONES}
        books = self.storage.books()
        assert books.faults == {}
        assert books.balance


@pytest.fixture
def ground(shared_url: str) -> Iterator[Ground]:
    """A campaign that runs and people who have joined it and have written; nobody has decided anything."""
    with closing(Storage(shared_url)) as storage:
        ground = begun(storage, shared_url)
        ground.write()
        yield ground


def begun(storage: Storage, url: str) -> Ground:
    """A campaign that runs and people who have joined it."""
    storage.share()
    with storage.transaction() as t:
        t.campaigns.ensure("play")
        t.campaigns.set_status("play", "active", NOW)
        people = [Given(number, {"phone": phone}, {}) for number, phone in enumerate(PHONES)]
        keep_participants(t, "play", people, source="import", now=NOW)
    return Ground(url, storage)


def wait_until(met: Callable[[], bool], within: float = WITHIN + SLACK) -> float:
    """Look again and again; how many seconds it took. Raises TimeoutError."""
    begun = time.monotonic()
    while not met():
        if time.monotonic() - begun > within:
            raise TimeoutError(f"waited {within} seconds in vain")
        time.sleep(LOOK)
    return time.monotonic() - begun


def test_what_was_a_killed_or_a_stopped_workers_goes_to_another_and_is_not_theirs_any_more(
    ground: Ground, workers: Workers
) -> None:
    """One is killed in the middle of a batch; of two that stand still, one in the middle of a batch and one between
    two, nothing comes any more once they go on."""
    struck = [workers.begin(*strike) for strike in (("KILL", "in", 1), ("STOP", "in", 1), ("STOP", "after", 1))]
    ground.write_until(lambda: all(worker.is_struck() for worker in struck))
    workers.begin()
    wait_until(lambda: ground.waiting() == 0)
    ground.assert_all_in_order()
    _, inside, after = struck
    inside.tell(signal.SIGCONT)
    after.tell(signal.SIGCONT)
    ground.write(1)
    wait_until(lambda: ground.waiting() == 0)
    ground.assert_all_in_order()
    for worker in workers.begun[1:]:
        worker.stops_cleanly()


def test_a_worker_whose_sessions_are_cut_off_goes_on_with_new_ones(ground: Ground, workers: Workers) -> None:
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    worker = workers.begin()
    wait_until(lambda: ground.waiting() < len(PHONES) * LETTERS)
    ground.storage._reading.dispose()
    ground.tell(f"SELECT pg_terminate_backend(pid) {others}")
    ground.write(2)
    wait_until(lambda: ground.waiting() == 0)
    ground.assert_all_in_order()
    worker.stops_cleanly()


def test_a_wake_up_that_was_lost_and_events_of_a_lone_process_are_found(ground: Ground, workers: Workers) -> None:
    ground.tell("DELETE FROM pgqueuer")
    with closing(Storage(ground.url)) as lone:
        Ground(ground.url, lone, ground.said).write(1)
        ground.said += 1
    workers.begin()
    wait_until(lambda: ground.waiting() == 0)
    ground.assert_all_in_order()


def test_two_workers_that_stop_leave_all_to_a_third(ground: Ground, workers: Workers) -> None:
    """What they had begun ends, and what they were woken for others are woken for at once."""
    first, second = workers.begin(), workers.begin()
    wait_until(lambda: ground.waiting() < len(PHONES) * LETTERS)
    first.stops_cleanly()
    second.stops_cleanly()
    ground.write(1)
    workers.begin()
    wait_until(lambda: ground.waiting() == 0)
    ground.assert_all_in_order()
