"""A worker is killed, hangs, or is cut off from the database in the middle of a batch: by the clock, another decides
within 10 seconds what was its own, and nothing of its own comes any more."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text

from channels.base import InboundMessage
from gateway.incoming import new_event
from storage.database import Storage
from tests.crash.cable import carry
from tests.crash.shard_worker import SMS
from tests.crash.test_many_workers import NOW, NURSERY, PHONES, WITHIN, Ground, Worker, Workers, begun

ADA = PHONES[0]
SOCKET = ".s.PGSQL.5432"
LOOK = 0.01
PATIENCE = 60.0  # seconds for what is not measured


@pytest.fixture
def ground(shared_url: str) -> Iterator[Ground]:
    """People who have joined a campaign; nobody has decided anything."""
    with closing(Storage(shared_url)) as storage:
        yield begun(storage, shared_url)


@pytest.fixture
def workers(shared_url: str, tmp_path: Path) -> Iterator[Workers]:
    with closing(Workers(shared_url, tmp_path)) as workers:
        yield workers


@pytest.fixture
def far_workers(shared_url: str, tmp_path: Path) -> Iterator[Workers]:
    """Who reach the database through the cable."""
    folder = tmp_path / "far"
    folder.mkdir()
    with closing(Workers(shared_url.replace(str(socket_of(shared_url).parent), str(tmp_path)), folder)) as workers:
        yield workers


@pytest.fixture
def cable(shared_url: str, tmp_path: Path) -> Iterator[Worker]:
    """A process that carries what is sent to a socket in `tmp_path`."""
    process = NURSERY.Process(target=carry, args=(tmp_path / SOCKET, socket_of(shared_url)))
    process.start()
    until((tmp_path / SOCKET).exists)
    yield Worker(process, tmp_path / "cable.log")
    process.kill()
    process.join()


def socket_of(url: str) -> Path:
    return Path(str(conninfo_to_dict(url)["host"])) / SOCKET


def until(met: Callable[[], bool], within: float = PATIENCE) -> float:
    """Look again and again; how many seconds it took. Raises TimeoutError."""
    since = time.monotonic()
    while not met():
        if time.monotonic() - since > within:
            raise TimeoutError(f"waited {within} seconds in vain")
        time.sleep(LOOK)
    return time.monotonic() - since


def is_quiet(ground: Ground) -> bool:
    """All is decided, and nobody is told of anything any more."""
    with ground.storage.reading() as t:
        jobs = t.inbox._connection.execute(text("SELECT count(*) FROM pgqueuer")).scalar()
    return ground.waiting() == 0 and jobs == 0


def say(ground: Ground) -> None:
    """Ada writes."""
    words = InboundMessage(f"{ADA}-{ground.said}", ADA, f"number {ground.said}")
    ground.keep([new_event(SMS, words, NOW)])
    ground.said += 1


def assert_all_is_answered_once(ground: Ground) -> None:
    assert ground.answered()[ADA] == list(range(ground.said))
    books = ground.storage.books()
    assert (books.faults, books.balance) == ({}, True)


@pytest.mark.parametrize("name", ["KILL", "STOP"])
def test_what_a_killed_or_hanging_worker_was_deciding_another_decides_within_ten_seconds(
    ground: Ground, workers: Workers, name: str
) -> None:
    other = at_rest(ground, workers)
    struck = workers.begin(name, "in", 1)
    taken_over_in_time(ground, other, struck, struck)
    if name == "STOP":
        writes_nothing_any_more(ground, struck, struck)


def test_what_a_worker_that_is_cut_off_was_deciding_another_decides_within_ten_seconds(
    ground: Ground, workers: Workers, far_workers: Workers, cable: Worker
) -> None:
    """It works on, and knows nothing of it."""
    other = at_rest(ground, workers)
    struck = far_workers.begin("STOP", "in", 1, cable.process.pid)
    taken_over_in_time(ground, other, struck, cable)
    assert not struck.is_struck()
    writes_nothing_any_more(ground, struck, cable)


def at_rest(ground: Ground, workers: Workers) -> Worker:
    """A worker with nothing to do that stands still, so that another one is woken for what comes."""
    other = workers.begin()
    until(lambda: is_quiet(ground))
    other.tell(signal.SIGSTOP)
    return other


def taken_over_in_time(ground: Ground, other: Worker, struck: Worker, stopped: Worker) -> None:
    until(lambda: struck.has_said("ready"))
    say(ground)
    until(stopped.is_struck)
    assert ground.waiting() == 1
    since = time.monotonic()
    other.tell(signal.SIGCONT)
    until(lambda: ground.waiting() == 0)
    assert time.monotonic() - since < WITHIN
    assert_all_is_answered_once(ground)


def writes_nothing_any_more(ground: Ground, struck: Worker, stopped: Worker) -> None:
    """It goes on with what it was writing, finds that it may not, and is a worker as any other."""
    stopped.tell(signal.SIGCONT)
    until(lambda: struck.has_said("database_unavailable") or struck.has_said("turn_lost"))
    say(ground)
    until(lambda: is_quiet(ground))
    assert_all_is_answered_once(ground)
    struck.stops_cleanly()
