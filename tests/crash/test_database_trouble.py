"""What is answered 200 is on disk: in the database, else in the spool. With neither in order a webhook gets 503."""

import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from storage.database import Storage
from tests.crash.live import Live, project, running, wait_until
from tests.crash.processes import killed_at
from tests.gateway.troubles import locked

FIRST, SECOND, THIRD = ("SM" + digit * 32 for digit in "123")
FRAME = 4096 + 24  # bytes of a page in SQLite's log, and the log's own of it (sqlite.org/fileformat2.html#walformat)
ENOUGH = 400_000  # bytes: more than a spool with a few events takes
Trouble = Callable[[Live], AbstractContextManager[None]]


@contextmanager
def taken(live: Live) -> Iterator[None]:
    """Another program has the database for itself."""
    with locked(live.folder / "pointsman.db"):
        yield


@contextmanager
def no_room(live: Live, size: int = 0) -> Iterator[None]:
    """No file of the process can be written past this size."""
    pid = live.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def no_room_for_the_database(live: Live) -> Iterator[None]:
    """The database's log can grow no more, as on a full disk; the spool, on another one, has room."""
    with closing(sqlite3.connect(live.folder / "pointsman.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM inbox").fetchone()  # while this is read the log is not begun anew
        number = 0
        while log_size(live) < ENOUGH:
            number += 1
            assert live.webhook(f"SM{number:032}", "Thanks") == 200
            live.wait_until_quiet()
        with no_room(live, log_size(live)):
            yield


def log_size(live: Live) -> int:
    """Bytes of the database's log that hold something."""
    with closing(sqlite3.connect(live.folder / "pointsman.db", isolation_level=None)) as other:
        return int(other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1]) * FRAME


def spooled(live: Live) -> int:
    return int(live.ask("GET", "/readyz")[1]["spooled_events"])


def decided(folder: Path) -> list[str]:
    """Greta's messages, as they were decided."""
    with closing(Storage(f"sqlite:///{folder}/pointsman.db")) as storage, storage.reading() as t:
        return [row["payload"]["key"] for row in t.decisions.history(0, 10_000) if row["kind"] == "message"]


@pytest.mark.parametrize("trouble", [taken, no_room_for_the_database])
def test_what_the_database_can_not_take_is_answered_200_and_decided_once_later(
    trouble: Trouble, tmp_path: Path
) -> None:
    with running(project(tmp_path)) as live:
        live.wait_until_quiet()
        with trouble(live):
            assert live.webhook(FIRST, "Balance please") == 200
            assert live.webhook(SECOND, "Balance please") == 200
            assert live.webhook(FIRST, "Balance please") == 200
            assert (spooled(live), live.balances_told()) == (2, 0)
        assert live.webhook(THIRD, "Balance please") == 200
        live.wait_until_quiet()
        assert live.balances_told() == 3
    assert decided(tmp_path)[-3:] == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    ("point", "number"),
    [
        ("spooled, not answered", 2),
        ("spooled, not moved", 1),
        ("before a commit", 0),
        ("moved, not forgotten", 1),
        ("moved and forgotten", 1),
    ],
)
def test_a_spool_whose_process_is_killed_is_emptied_in_order_by_the_next_one(
    tmp_path: Path, point: str, number: int
) -> None:
    """Killed while events are spooled or moved (0: while the database is still away), then started again."""
    keys = (FIRST, SECOND, THIRD)
    with running(project(tmp_path), killed_at(point, number or 1_000_000)) as live:
        live.wait_until_quiet()
        with taken(live):
            answers = [live.webhook(key, "Balance please") for key in keys]
            if not number:
                live.kill_after(0)
        wait_until(lambda: live.process.poll() is not None)
    assert answers[0] == 200
    assert answers == sorted(answers, reverse=True)  # whoever asks after the kill has no answer
    assert (answers[1] == 0) == (point == "spooled, not answered")
    with running(tmp_path) as live:
        assert [live.webhook(key, "Balance please") for key in keys] == [200] * 3
        live.wait_until_quiet()
        assert live.balances_told() == 3
    assert decided(tmp_path) == [*keys]


def test_a_stop_during_an_outage_is_clean_and_the_next_start_takes_up_what_was_spooled(tmp_path: Path) -> None:
    with running(project(tmp_path)) as live:
        live.wait_until_quiet()
        with taken(live):
            assert live.webhook(FIRST, "Balance please") == 200
            end = live.end(signal.SIGTERM)
    assert (end.code, "Traceback" in end.output) == (0, False), end.output
    with running(tmp_path) as live:
        live.wait_until_quiet()
        assert live.balances_told() == 1


def test_a_webhook_that_can_be_kept_nowhere_gets_503_and_once_it_is_kept_one_reply(tmp_path: Path) -> None:
    with running(project(tmp_path)) as live:
        live.wait_until_quiet()
        with no_room(live):
            assert live.webhook(FIRST, "Balance please") == 503
            assert live.balances_told() == 0
        wait_until(lambda: live.webhook(FIRST, "Balance please") == 200)
        assert live.webhook(FIRST, "Balance please") == 200
        live.wait_until_quiet()
        assert live.balances_told() == 1


def test_after_trouble_while_messages_are_sent_each_is_sent_once(tmp_path: Path) -> None:
    """The provider accepts, and only then the database fails: what was sent is not sent again."""
    with running(project(tmp_path)) as live:
        live.wait_until_quiet()
        live.tell("control", channel="sms", fault={"kind": "slow", "seconds": 1.0})
        assert live.webhook(FIRST, "Balance please") == 200
        wait_until(lambda: live.balances_told() == 1)
        with no_room(live):
            assert live.webhook(SECOND, "Thanks") == 503
        wait_until(lambda: live.webhook(SECOND, "Thanks") == 200)
        live.wait_until_quiet()
        assert live.balances_told() == 1
