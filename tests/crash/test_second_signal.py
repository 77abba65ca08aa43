"""A stop comes to its end within a stated time whatever hangs, and a second signal ends it at once; nothing is lost."""

import signal
import socket
import time
from contextlib import closing
from pathlib import Path

import pytest

from gateway.stopping import CUT_OFF, EXIT_SECONDS
from tests.crash.live import GRETA, Live, project, running, wait_until
from tests.crash.test_stopping import sending
from tests.databases import PostgresServer
from tests.gateway.troubles import locked_table

AT_ONCE = 5.0  # seconds, on a machine that has other things to do; what ends after these has another exit code, too
MARGIN = 5.0  # seconds, on a machine that has other things to do
BODY = b"POST /webhooks/sms/inbound HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"


def hang_a_send(live: Live, folder: Path) -> None:
    """A provider takes a message and does not answer."""
    live.wait_until_quiet()
    live.tell("control", channel="sms", fault={"kind": "hang", "accept": True, "seconds": 60, "times": None})
    live.tell("say", channel="sms", who=GRETA, text="Balance please")
    wait_until(lambda: sending(folder) > 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_stops_at_once_and_the_restart_settles_the_rest(number: signal.Signals, tmp_path: Path) -> None:
    with running(project(tmp_path)) as live:
        hang_a_send(live, tmp_path)
        live.process.send_signal(number)
        time.sleep(0.5)  # two at the same moment are one
        began = time.monotonic()
        end = live.end(number)
        assert (end.code, "Traceback" in end.output) == (CUT_OFF + number, False), end.output
        assert time.monotonic() - began < AT_ONCE
    with running(tmp_path) as live:
        live.wait_until_quiet()
        assert live.balances_told() == 1


def test_a_client_that_does_not_end_its_request_holds_up_no_stop(tmp_path: Path) -> None:
    with running(project(tmp_path)) as live, closing(socket.create_connection(("127.0.0.1", live.port))) as slow:
        slow.sendall(BODY)
        began = time.monotonic()
        end = live.end(signal.SIGTERM)
        assert end.code == 0, end.output
        assert time.monotonic() - began < EXIT_SECONDS + MARGIN


def test_a_database_that_hangs_holds_up_no_stop(
    tmp_path: Path, postgres: PostgresServer, prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database(prepared) as url:
        monkeypatch.setenv("POINTSMAN_DATABASE", url)
        folder = project(tmp_path)
        with running(folder) as live:
            live.wait_until_quiet()
        with running(folder) as live, locked_table(postgres, url):
            assert live.webhook("SM" + "1" * 32, "Balance please") == 200  # in the spool
            began = time.monotonic()
            end = live.end(signal.SIGTERM)
            assert time.monotonic() - began < EXIT_SECONDS + MARGIN
            assert end.code in (0, CUT_OFF + signal.SIGTERM), end.output
        with running(tmp_path) as live:
            live.wait_until_quiet()
            assert live.balances_told() == 1
