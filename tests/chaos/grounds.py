"""The databases the gateway stands on, and what can be done to each while it works.

A trouble lasts for as long as its block runs.
"""

import asyncio
import os
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError

import psycopg

from tests.chaos.processes import Subject, until
from tests.databases import PostgresServer, postgres_server

READ_ONLY, SLOW = "read-only", "slow"
NO_SPACE = """
CREATE OR REPLACE FUNCTION chaos_no_space() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file: No space left on device'; END $$;
"""
REFUSE = "EXECUTE FUNCTION chaos_no_space()"
FULL_TABLES = ("inbox", "message", "decision")


@contextmanager
def ailing(subject: Subject, trouble: str) -> Iterator[None]:
    """The gateway's own connections suffer from this (see `program.py`)."""
    subject.trouble.write_text(trouble)
    try:
        yield
    finally:
        subject.trouble.unlink()


@dataclass(frozen=True)
class Sqlite:
    """A file."""

    folder: Path
    name: str = "sqlite"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/pointsman.db"

    @contextmanager
    def locked(self, subject: Subject) -> Iterator[None]:
        """Another program has the file for itself."""
        other = sqlite3.connect(self.folder / "pointsman.db", isolation_level=None, timeout=20)
        try:
            other.execute("BEGIN EXCLUSIVE")
            yield
        finally:
            other.close()

    @contextmanager
    def full(self, subject: Subject) -> Iterator[None]:
        """No file of the process can grow or be written."""
        process = subject.gateway.process
        assert process is not None
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            yield
        finally:
            if subject.gateway.runs:
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)

    @contextmanager
    def read_only(self, subject: Subject) -> Iterator[None]:
        with ailing(subject, READ_ONLY):
            yield


@dataclass(frozen=True)
class Postgres:
    """A database of a server that is ours to maltreat."""

    server: PostgresServer
    url: str
    name: str = "postgres"

    @contextmanager
    def locked(self, subject: Subject) -> Iterator[None]:
        """Another program has the inbox for itself."""
        with psycopg.connect(self.url) as other:
            other.execute("LOCK TABLE inbox, message IN EXCLUSIVE MODE")
            yield
            other.rollback()

    @contextmanager
    def full(self, subject: Subject) -> Iterator[None]:
        """What PostgreSQL says when its disk is full."""
        for table in FULL_TABLES:
            self._do(f"{NO_SPACE} CREATE TRIGGER chaos_full BEFORE INSERT OR UPDATE ON {table} {REFUSE}")
        try:
            yield
        finally:
            for table in FULL_TABLES:
                self._do(f"DROP TRIGGER chaos_full ON {table}")

    @contextmanager
    def read_only(self, subject: Subject) -> Iterator[None]:
        """As a server that is a stand-by for a while."""
        self._do("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        try:
            yield
        finally:
            self._do("SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only")
            self._do("SELECT pg_reload_conf()")

    def cut(self) -> None:
        """Whatever transaction is open is ended, with its connection."""
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE xact_start IS NOT NULL"
        self._do(f"{ended} AND datname = current_database() AND pid <> pg_backend_pid()")

    async def restart(self) -> None:
        """As for an upgrade: connections are ended, then it is back."""
        await asyncio.to_thread(self.server.control, "restart", "-m", "fast")

    async def crash(self) -> None:
        """kill -9 of the server and all its processes, then a start that recovers."""
        server = int((self.server.folder / "data" / "postmaster.pid").read_text().split()[0])
        for pid in (server, *children(server)):
            os.kill(pid, signal.SIGKILL)
        await until(self._starts, "PostgreSQL")

    async def _starts(self) -> bool:
        """The processes of the one that was killed may take a moment to be gone."""
        try:
            await asyncio.to_thread(self.server.control, "start")
        except CalledProcessError:
            return False
        return True

    def _do(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def children(pid: int) -> list[int]:
    """The processes that this one has started and that still live."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@asynccontextmanager
async def ground(kind: str, folder: Path) -> AsyncIterator[Sqlite | Postgres]:
    """A new database of this kind; its server is gone after the block."""
    if kind == "sqlite":
        yield Sqlite(folder)
        return
    with postgres_server() as server, server.database() as url:
        yield Postgres(server, url)
