"""What is logged, ours and the libraries', is one JSON line each, and quotes nobody."""

import json
import logging
from collections.abc import Iterator
from errno import ENOSPC
from io import StringIO
from typing import Any

import pytest
import structlog
from aiohttp.http_exceptions import BadStatusLine

from gateway.logs import calm, set_up_logs

SERVER = logging.getLogger("aiohttp.server")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """After each test, logs are what they were before."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    SERVER.removeFilter(calm)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


def begin() -> None:
    """Set logs up as `pointsman run` does; pytest's own handlers are put aside, since setting up would close them."""
    logging.getLogger().handlers.clear()
    set_up_logs()


def fail(secret: str) -> None:
    raise ValueError(f"cannot take {secret}")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    written = capsys.readouterr().err
    assert "hush" not in written
    return [json.loads(line) for line in written.splitlines()]


def test_our_lines_and_the_libraries_have_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    begin()
    structlog.get_logger().warning("webhook_refused", status=403)
    logging.getLogger("some.library").warning("went %s", "wrong")
    logging.getLogger("some.library").info("chatter")
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["level"], ours["status"]) == ("webhook_refused", "warning", 403)
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("went wrong", "warning", "some.library")
    assert set(theirs) == {"event", "level", "logger", "timestamp"}


@pytest.mark.parametrize("log", [structlog.get_logger(), logging.getLogger("some.library")], ids=["ours", "theirs"])
def test_a_log_that_cannot_be_written_stops_nobody_and_is_told_of_later(
    monkeypatch: pytest.MonkeyPatch, log: Any
) -> None:
    """As where the log is a file on the disk that is full, or a pipe whose reader is gone."""
    stream = Full()
    monkeypatch.setattr("sys.stderr", stream)
    begin()
    stream.full = True
    log.warning("nobody reads this")
    stream.full = False
    log.warning("room again")
    told = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert told == ["log_lost", "room again"]


class Full(StringIO):
    """A stream that takes nothing while it is full."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(ENOSPC, "No space left on device")
        return super().write(text)


@pytest.mark.parametrize("log", [structlog.get_logger(), logging.getLogger("some.library")], ids=["ours", "theirs"])
def test_an_error_is_told_by_kind_and_place_and_never_by_what_it_quotes(
    capsys: pytest.CaptureFixture[str], log: Any
) -> None:
    begin()
    try:
        fail("hush")
    except ValueError:
        log.exception("part_failed")
    [line] = lines(capsys)
    assert line["exception"].startswith("ValueError < ")
    assert "test_logs.py" in line["exception"].split(" < ")[1]
    assert line["level"] == "error"


def test_malformed_http_is_one_line_without_a_trace(capsys: pytest.CaptureFixture[str]) -> None:
    begin()
    SERVER.error("Error handling request from %s", "192.0.2.1", exc_info=BadStatusLine("hush"))
    [line] = lines(capsys)
    assert (line["event"], line["level"]) == ("broken_http: BadStatusLine", "warning")
    assert "exception" not in line


def test_what_fails_again_and_again_while_a_database_is_away_is_told_once_in_a_while(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs()
    for number in range(5):
        logging.getLogger("pgqueuer").error("tried again, with %d items", number)
    logging.getLogger("pgqueuer").error("another sentence")
    told = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert told == ["tried again, with 0 items", "another sentence"]
