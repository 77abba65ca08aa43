"""A database with something of everything in it, and a second one, for what goes from one to another."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from storage.database import Storage
from storage.inbox_or_spool import InboxOrSpool
from storage.spool import Spool
from tests.conftest import DATABASES
from tests.databases import PostgresServer
from tests.storage.dump import released


def fill(url: str) -> None:
    """What the newest release left, brought up to this program."""
    with closing(Storage(url)) as storage:
        with storage._writing.begin() as connection:
            released()[-1].build(connection)
        storage.migrate()


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file to copy."""
    path = tmp_path_factory.mktemp("filled") / "pointsman.db"
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def filled_name(postgres: PostgresServer) -> Iterator[str]:
    """The name of a PostgreSQL database to copy."""
    with postgres.database() as url:
        fill(url)
        yield str(conninfo_to_dict(url)["dbname"])


@pytest.fixture(params=DATABASES)
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Storage that holds something of everything, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("filled_file"), tmp_path / "pointsman.db")
        with closing(Storage(f"sqlite:///{tmp_path}/pointsman.db")) as storage:
            yield storage
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database(request.getfixturevalue("filled_name")) as url, closing(Storage(url)) as storage:
        yield storage


@pytest.fixture(params=DATABASES)
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """A database without tables beside the one under test, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        with closing(Storage(f"sqlite:///{tmp_path}/other.db")) as storage:
            yield storage
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as url, closing(Storage(url)) as storage:
        yield storage


@pytest.fixture
async def place(storage: Storage, tmp_path: Path) -> Any:
    """Database and spool as one, and what was told of outcomes and outages."""
    told: list[Any] = []
    spool = Spool(tmp_path / "spool.db", limit=4)
    spool.open()
    both = InboxOrSpool(storage, spool, lambda *outcome: told.append(outcome), told.append)
    yield both, storage, spool, told
    spool.close()
