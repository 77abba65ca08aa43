"""A short storm on each database; `make chaos` is the long one."""

from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.kills import MIGRATION
from tests.chaos.storm import Storm, rage
from tests.conftest import DATABASES

SHORT = ("the provider accepts, then drops the connection", "the database is read-only")
KILLS = 2


@pytest.mark.parametrize("database", DATABASES)
async def test_after_kills_and_troubles_under_load_nothing_is_lost_and_nothing_is_done_twice(
    database: str, tmp_path: Path
) -> None:
    faults = tuple(fault for fault in FAULTS if fault.name in SHORT)
    storm = Storm(database, KILLS, faults, seed=3, pace=2.0, migration=MIGRATION[1:2])
    books = await rage(storm, tmp_path / "project")
    assert books.balance, str(books)
    assert books.taken > 10


def test_there_are_twenty_scenarios_on_each_database_and_no_two_have_one_name() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
    assert all(sum(fault.only in ("", database) for fault in FAULTS) >= 20 for database in DATABASES)
