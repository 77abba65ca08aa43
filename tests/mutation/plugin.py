"""A plugin of pytest for mutmut 3.8: gives it a name of pytest's own that pytest 9.2 no longer has, and runs the
fastest tests first, since the first that fails ends the trial of a mutant."""

import json
from pathlib import Path

import pytest
from _pytest.nodes import Node

STATS = (Path("mutmut-stats.json"), Path("mutants/mutmut-stats.json"))  # as seen by mutmut, and where we plant by hand

if not hasattr(Node, "_nodeid"):
    Node._nodeid = property(lambda node: node.nodeid)  # type: ignore[attr-defined]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = next((file for file in STATS if file.exists()), None)  # mutmut writes it once it has run all tests
    seconds = json.loads(known.read_text("utf-8"))["duration_by_test"] if known else {}
    items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))
