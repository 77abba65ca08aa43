"""Fixtures that every part's tests may use."""

import logging
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
import structlog
from aiohttp import web_app
from hypothesis import HealthCheck, settings

from gateway.collecting import nothing_collected
from gateway.demo import play
from storage.database import Storage
from tests import log_watch
from tests.databases import PostgresServer, postgres_server, prepared_database
from tests.forking.processes import forking

DATABASES = ("sqlite", "postgres")


def pytest_configure(config: pytest.Config) -> None:
    """Hear every log line from the first test on; time is nothing that a test fails for."""
    log_watch.listen()
    settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("untimed")
    take_own_ports()


def take_own_ports() -> None:
    """Those who run tests beside one another never find the same port free: between that and listening is a while."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    play.PORTS = play.PORTS[number :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The tests and the program stay until the end: nothing looks through them for garbage, now or later."""
    with nothing_collected():
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def _processes_are_forked() -> Iterator[None]:
    """Of all that tests start, the program is read by one; see `tests.forking`."""
    with forking():
        yield


@pytest.fixture(autouse=True)
def _logs_hold_nothing_that_is_not_theirs(request: pytest.FixtureRequest) -> Iterator[None]:
    """No log line of any test holds a text that somebody wrote, a token, a secret or a whole number.

    Also those of processes of their own, which leave files `*.log`. Whatever a test sets up for logs is undone.
    """
    folder: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    root.addHandler(log_watch.Listener(logging.WARNING))
    log_watch.WATCH.begin()
    yield
    structlog.configure(**configured)
    root.handlers[:] = handlers
    root.setLevel(level)
    for file in folder.rglob("*.log") if folder else ():
        log_watch.WATCH.written(file.read_text("utf-8", "replace"))
    assert list(log_watch.WATCH.leaks()) == []


@pytest.fixture(autouse=True)
def _applications_are_let_go() -> Iterator[None]:
    """aiohttp remembers the last thousand applications that had middlewares, and with them gateways and databases."""
    yield
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole session, started only if a test needs it."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def prepared(postgres: PostgresServer) -> Iterator[str]:
    """The name of a PostgreSQL database that has the tables, to copy new ones from."""
    with prepared_database(postgres) as name:
        yield name


@pytest.fixture(scope="session")
def prepared_to_share(postgres: PostgresServer) -> Iterator[str]:
    """The name of a PostgreSQL database that many processes may share, to copy new ones from."""
    with prepared_database(postgres, shared=True) as name:
        yield name


@pytest.fixture
def shared_url(postgres: PostgresServer, prepared_to_share: str) -> Iterator[str]:
    """The URL of a PostgreSQL database that many processes may share, with nothing in it."""
    with postgres.database(prepared_to_share) as url:
        yield url


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/pointsman.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the tables and nothing in them."""
    if request.param == "sqlite":
        yield prepared_file(tmp_path / "pointsman.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database(request.getfixturevalue("prepared")) as url:
        yield url


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """Empty storage, once on SQLite and once on PostgreSQL."""
    opened = Storage(database_url)
    yield opened
    opened.close()


def prepared_file(path: Path) -> str:
    """Make a SQLite file that has the tables and nothing in them; its URL."""
    path.write_bytes(prepared_bytes())
    path.chmod(0o600)
    return f"sqlite:///{path}"


@cache
def prepared_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pointsman.db"
        with closing(Storage(f"sqlite:///{path}")) as storage:
            storage.migrate()
        return path.read_bytes()
