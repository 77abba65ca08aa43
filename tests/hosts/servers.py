"""A PostgreSQL server on a host of its own, and a replica that takes its place."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.chaos.grounds import children
from tests.databases import OWNER, give_away, reachable_programs
from tests.hosts.network import OUTSIDE, PREFIX, Host

FIRST, SECOND = 5_432, 5_433  # ports of the first server, and of the one that takes its place
DATABASE = "pointsman"
START_SECONDS = 30.0
LOOK = 0.1
SETTINGS = "-c max_connections=200 -c shared_buffers=32MB -c wal_keep_size=256MB"
STANDBY = "standby"


@dataclass(frozen=True)
class Servers:
    """Two servers on one host. The second has whatever the first has answered for: it is a synchronous replica."""

    host: Host
    folder: Path
    programs: Path

    @property
    def url(self) -> str:
        """Whichever of the two takes writes."""
        places = f"{self.host.address}:{FIRST},{self.host.address}:{SECOND}"
        return f"postgresql://postgres@{places}/{DATABASE}?target_session_attrs=read-write"

    def data(self, port: int) -> Path:
        return self.folder / f"data{port}"

    def begin(self) -> None:
        """Start the first server, and the second as its replica."""
        self._run("initdb", "-D", self.data(FIRST), "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8")
        net = f"{OUTSIDE.rpartition('.')[0]}.0/{PREFIX}"
        rules = self.data(FIRST) / "pg_hba.conf"
        rules.write_text(f"{rules.read_text()}\nhost all all {net} trust\nhost replication all {net} trust\n")
        self._control(FIRST, "start")
        self._do(FIRST, "postgres", f"CREATE DATABASE {DATABASE}")
        source = f"host={self.host.address} port={FIRST} user=postgres application_name={STANDBY}"
        self._run("pg_basebackup", "-D", self.data(SECOND), "-R", "-c", "fast", "-d", source)
        self._control(SECOND, "start")
        self._do(FIRST, "postgres", f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
        self._do(FIRST, "postgres", "SELECT pg_reload_conf()")

    def fail_over(self) -> None:
        """The first server is killed, the second takes its place."""
        first = int((self.data(FIRST) / "postmaster.pid").read_text().split()[0])
        for process in (first, *children(first)):
            os.kill(process, signal.SIGKILL)
        self._control(SECOND, "promote")

    def end(self) -> None:
        for port in (FIRST, SECOND):
            if (self.data(port) / "postmaster.pid").exists():
                self._control(port, "stop", "-m", "immediate", check=False)

    def _control(self, port: int, verb: str, *more: str, check: bool = True) -> None:
        listens = f"-p {port} -h {self.host.address} -k {self.folder} {SETTINGS}"
        options = ("-o", listens, "-l", self.folder / f"log{port}") if verb == "start" else ()
        self._run("pg_ctl", "-D", self.data(port), "-w", *options, *more, verb, check=check)

    def _run(self, program: str, *arguments: str | Path, check: bool = True) -> None:
        owner = ("setpriv", f"--reuid={OWNER}", "--clear-groups")
        command = (*self.host.inside, *owner, str(self.programs / program), *map(str, arguments))
        nothing = subprocess.DEVNULL
        subprocess.run(command, check=check, cwd="/", stdin=nothing, stdout=nothing, stderr=nothing)  # noqa: S603

    def _do(self, port: int, database: str, statement: str) -> None:
        address = f"host={self.host.address} port={port} user=postgres dbname={database}"
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(address, autocommit=True) as connection:
                    connection.execute(statement.encode())
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK)


@contextmanager
def servers(host: Host, folder: Path) -> Iterator[Servers]:
    """Both servers run for as long as the block does."""
    folder.mkdir(mode=0o755)
    give_away(folder)
    made = Servers(host, folder, reachable_programs(folder))
    try:
        made.begin()
        yield made
    finally:
        made.end()
        shutil.rmtree(folder)
