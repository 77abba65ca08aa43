"""Fixtures of the journeys."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import prepared_file
from tests.databases import PostgresServer


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes databases of the kind asked for, with the tables and nothing in them; the URL of each."""
    if request.param == "sqlite":
        numbers = count(1)
        yield lambda: prepared_file(tmp_path / f"pointsman{next(numbers)}.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("prepared")
    with ExitStack() as stack:
        yield lambda: stack.enter_context(server.database(template))
