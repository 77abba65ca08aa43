"""A plugin of pytest for mutmut 3.8: gives it a name of pytest's own that pytest 9.2 no longer has, runs the fastest
tests first, since the first that fails ends the trial of a mutant, and takes a test that hangs for one that fails."""

import json
import os
import signal
from collections.abc import Generator
from pathlib import Path
from types import FrameType

import pytest
from _pytest.nodes import Node

STATS = (Path("mutmut-stats.json"), Path("mutants/mutmut-stats.json"))  # as seen by mutmut, and where we plant by hand
HANGS_AFTER, TIMES_AS_LONG = 30.0, 5.0  # seconds, and times what the test takes without a bug
FAILED = 1  # the exit code of pytest
SECONDS = pytest.StashKey[float]()

if not hasattr(Node, "_nodeid"):
    Node._nodeid = property(lambda node: node.nodeid)  # type: ignore[attr-defined]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = next((file for file in STATS if file.exists()), None)  # mutmut writes it once it has run all tests
    seconds = json.loads(known.read_text("utf-8"))["duration_by_test"] if known else {}
    for item in items:
        item.stash[SECONDS] = seconds.get(item.nodeid, 0.0)
    items.sort(key=lambda item: item.stash[SECONDS])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, HANGS_AFTER + TIMES_AS_LONG * item.stash[SECONDS])
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _give_up(number: int, frame: FrameType | None) -> None:
    """At once, for what hangs might catch any exception."""
    os._exit(FAILED)
