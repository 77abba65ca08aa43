"""Ctrl-C and SIGTERM end `pointsman run` cleanly, whatever is going on."""

import signal
import time
from pathlib import Path

import pytest

from storage.database import Storage
from tests.crash.live import GRETA, Live, project, running, wait_until
from tests.crash.processes import Ended, transcript

FEW_SECONDS = 8.0


def sending(folder: Path) -> int:
    """How many messages are being sent, as the database has it."""
    storage = Storage(f"sqlite:///{folder}/pointsman.db")
    try:
        with storage.reading() as t:
            return t.outbox.sending_count()
    finally:
        storage.close()


def stop(live: Live, number: signal.Signals) -> Ended:
    """Ask for a stop; it has to come within a few seconds, without complaint."""
    began = time.monotonic()
    end = live.end(number)
    assert (end.code, "Traceback" in end.output, "error" in end.output) == (0, False, False), end.output
    assert time.monotonic() - began < FEW_SECONDS
    return end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_in_the_middle_of_a_conversation_leaves_nothing_half_done(
    number: signal.Signals, tmp_path: Path
) -> None:
    with running(project(tmp_path)) as live:
        wait_until(lambda: bool(transcript(tmp_path / "sandbox.jsonl")))
        stop(live, number)
    assert sending(tmp_path) == 0


def test_a_stop_while_a_send_hangs_is_clean_and_the_message_is_sent_once(tmp_path: Path) -> None:
    with running(project(tmp_path)) as live:
        live.wait_until_quiet()
        live.tell("control", channel="sms", fault={"kind": "hang", "accept": True, "seconds": 60, "times": None})
        live.tell("say", channel="sms", who=GRETA, text="Balance please")
        wait_until(lambda: sending(tmp_path) > 0)
        stop(live, signal.SIGINT)
    with running(tmp_path) as live:
        live.wait_until_quiet()
        assert live.balances_told() == 1
