"""How a database does, asked by whoever wants to know whether a gateway can work with it."""

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from statistics import median
from time import perf_counter

from sqlalchemy import Engine, text

from storage.engines import database_url, writing_engine
from storage.troubles import unavailable_told

COMMITS = 15  # that are timed
BLOCK = b"\0" * 4096  # what a commit of SQLite writes at least
MAY_LOG = "SELECT has_function_privilege('pg_logical_emit_message(boolean,text,text)', 'EXECUTE')"
LOGGED = "SELECT pg_logical_emit_message(true, 'pointsman', '')"  # a commit that waits for the disk and leaves no row


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """``server`` is its program and version. ``commit_seconds`` is how long it takes, as a median, until a small commit
    is on disk; None where this role may not find out. ``free_bytes`` is the room on its disk, None where that is
    another machine's."""

    server: str
    commit_seconds: float | None
    free_bytes: int | None


def examine(url: str) -> DatabaseState:
    """Ask the database at this URL (see `storage.database.Storage`); nothing in it changes.

    Raises `StorageUnavailable` where it does not answer, OSError where the disk of a SQLite file takes nothing.
    """
    address = database_url(url)
    if address.get_backend_name() == "sqlite":
        return _of_file(Path(str(address.database)))
    engine = writing_engine(address)
    try:
        return _of_server(engine)
    finally:
        engine.dispose()


def timed_sync(folder: Path) -> float:
    """How many seconds it takes, as a median, until a block is on the disk of this folder. Raises OSError."""
    path = folder / f".pointsman-doctor-{os.getpid()}"
    try:
        with path.open("xb", buffering=0) as file:
            return _median(lambda: _write(file.fileno()))
    finally:
        path.unlink(missing_ok=True)


def _of_file(file: Path) -> DatabaseState:
    return DatabaseState(f"SQLite {sqlite3.sqlite_version}", timed_sync(file.parent), disk_usage(file.parent).free)


def _of_server(engine: Engine) -> DatabaseState:
    with unavailable_told():
        with engine.connect() as connection:
            may_time = bool(connection.execute(text(MAY_LOG)).scalar_one())
        seconds = _median(lambda: _commit(engine)) if may_time else None
    version = ".".join(map(str, engine.dialect.server_version_info or ()))
    return DatabaseState(f"PostgreSQL {version}", seconds, None)


def _commit(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(LOGGED))


def _write(file: int) -> None:
    os.write(file, BLOCK)
    os.fsync(file)


def _median(work: Callable[[], None]) -> float:
    return median(_timed(work) for _ in range(COMMITS))


def _timed(work: Callable[[], None]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun
