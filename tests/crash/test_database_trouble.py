"""What is not on disk is not acknowledged: with the database out of order a webhook gets 503, and later all is well."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.crash.live import Live, project, running, wait_until

FIRST, SECOND = "SM" + "1" * 32, "SM" + "2" * 32
Trouble = Callable[[Live], AbstractContextManager[None]]


@contextmanager
def locked(live: Live) -> Iterator[None]:
    """Another program has the database for itself."""
    other = sqlite3.connect(live.folder / "pointsman.db", isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        other.close()


@contextmanager
def no_room(live: Live) -> Iterator[None]:
    """No file of the process can grow or be written."""
    pid = live.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("trouble", [locked, no_room])
def test_a_webhook_that_can_not_be_kept_gets_503_and_once_it_is_kept_one_reply(
    trouble: Trouble, tmp_path: Path
) -> None:
    with running(project(tmp_path)) as live:
        live.wait_until_quiet()
        with trouble(live):
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
