"""What a log line must not show it does not show, even where somebody lets it."""

import json
import logging
from typing import Any

import pytest
import structlog

from gateway.logs import set_up_logs
from gateway.redacting import MAX_DEPTH, Redaction
from tests.log_watch import WATCH, Watch

clean = Redaction(["hush-hush", "hush", ""])


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("no answer from +4915112345607", "no answer from +49151…07"),
        ("whatsapp:+4915112345607 and +15550001111.", "whatsapp:+49151…07 and +15550…11."),
        ("2027-03-01T08:00:00+01:00 took +12 ms", "2027-03-01T08:00:00+01:00 took +12 ms"),
        ("sent with hush-hush and HUSH", "sent with [hidden] and [hidden]"),
        ("Authorization: Bearer abc.def-1=", "Authorization: [hidden]"),
        ("basic QUM6c2VjcmV0", "[hidden]"),
        ("xoxb-1-2-abc is the token", "[hidden] is the token"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_a_number_is_cut_and_a_secret_hidden(told: str, shown: str) -> None:
    assert clean.text(told) == shown


def deep(levels: int, text: str) -> Any:
    return text if levels == 0 else [deep(levels - 1, text)]


def test_whatever_holds_it_is_looked_through() -> None:
    line: dict[str, Any] = {"event": "sent", "to": ["+4915112345607", {"+4915112345607": ("hush", 5, None, True)}]}
    assert clean(None, "info", line) == {
        "event": "sent",
        "to": ["+49151…07", {"+49151…07": ["[hidden]", 5, None, True]}],
    }
    assert "4915112345607" not in str(clean(None, "info", {"to": deep(MAX_DEPTH + 5, "+4915112345607")}))
    assert clean(None, "info", {"error": ValueError("hush")}) == {"error": "[hidden]"}


@pytest.mark.parametrize("log", [structlog.get_logger(), logging.getLogger("some.library")], ids=["ours", "theirs"])
def test_no_line_that_is_written_shows_either(capsys: pytest.CaptureFixture[str], log: Any) -> None:
    logging.getLogger().handlers.clear()  # setting up would close pytest's own
    set_up_logs(["hush"])
    log.warning("hush to +15550001111")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "[hidden] to +15550…11"
    WATCH.begin()  # this test leaks on purpose


@pytest.mark.parametrize(
    "line", ["to +4915112345607", "Bearer abcdefgh", "xoxb-1", "sandbox-auth-token", "she wrote Call me at home"]
)
def test_the_watch_over_the_suite_sees_what_it_is_there_for(line: str) -> None:
    watch = Watch({"Call me at home"}, [line])
    assert len(list(watch.leaks())) == 1
    assert list(Watch({"Call me at home"}, ["message 0123 sent", "+49151…07"]).leaks()) == []
