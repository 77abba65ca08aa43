"""The baseline on PostgreSQL: the rows that a piece of work wrote, inserted by psycopg alone in as many transactions.

The server is the one that the tests use, on the same machine, and does not wait for its disk.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg
from sqlmodel import SQLModel

from benchmarks.bare import Written
from benchmarks.harness import Pairs, Plan, Slice, alternate, timed
from benchmarks.importing_to_server import every_row, insert
from benchmarks.people import Worked
from storage.database import Storage
from tests.databases import PostgresServer, postgres_server, prepared_database

BASELINE = "psycopg's executemany of the rows"

Work = Callable[[Storage], Worked]


@dataclass(frozen=True, slots=True)
class Server:
    """A server, and the name of a database there that has the tables and nothing in them."""

    server: PostgresServer
    empty: str

    def against_inserts(self, plan: Plan, before: str, work: Work) -> tuple[Pairs, Written]:
        """The work in copies of the database ``before``, in turn with the inserts of what it wrote."""
        wrote, events = self._wrote(before, work)
        return alternate(partial(self._bare, wrote, events), partial(self._work, before, work), plan.rounds), wrote

    def prepared(self, source: str, prepare: Callable[[Storage], object], name: str) -> str:
        """A copy of the database ``source`` in which something was done, under this name."""
        self.server.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        with closing(Storage(self.server.url(name))) as storage:
            prepare(storage)
        return name

    def _wrote(self, before: str, work: Work) -> tuple[Written, int]:
        """The rows that the work leaves and that were not there before."""
        with self.server.database(before) as url:
            earlier = _rows(url)
            with closing(Storage(url)) as storage:
                worked = work(storage)
            tables = {name: [row for row in rows if row not in earlier[name]] for name, rows in _listed(url)}
        return Written({name: rows for name, rows in tables.items() if rows}, worked.batches), worked.events

    def _bare(self, wrote: Written, events: int) -> Slice:
        with self.server.database(self.empty) as url, psycopg.connect(url) as connection:
            return timed(events, lambda: insert(connection, wrote))

    def _work(self, before: str, work: Work) -> Slice:
        with self.server.database(before) as url, closing(Storage(url)) as storage:
            worked = work(storage)
        return Slice(worked.events, worked.seconds)


@contextmanager
def server() -> Iterator[Server]:
    with postgres_server() as running, prepared_database(running) as empty:
        yield Server(running, empty)


def _rows(url: str) -> dict[str, set[tuple[object, ...]]]:
    return {name: set(rows) for name, rows in _listed(url)}


def _listed(url: str) -> list[tuple[str, list[tuple[object, ...]]]]:
    with psycopg.connect(url) as connection:
        return [(name, every_row(connection, name)) for name in SQLModel.metadata.tables]
