"""Import into PostgreSQL: the same list and the same baseline as `benchmarks.importing`, with psycopg's executemany.

The server is the one that the tests use, on the same machine, and does not wait for its disk. On two cores it shares
them with the process that reads and the one that keeps; the baseline is one process beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql
from sqlmodel import SQLModel

from benchmarks.bare import Written, part
from benchmarks.harness import RATIO, Plan, Row, Slice, alternate, rates, timed
from benchmarks.importing import contact_list, memory, read
from benchmarks.uploading import Imported, import_list
from tests.databases import PostgresServer, postgres_server, prepared_database

ROWS_PER_SECOND = 20_000
BASELINE = "csv, psycopg's executemany of the rows"


@dataclass(frozen=True, slots=True)
class Case:
    """A contact list of so many rows, and a server with an empty database to copy."""

    server: PostgresServer
    empty: str
    sheet: Path
    rows: int
    done: list[Imported] = field(default_factory=list)

    def subject(self) -> Slice:
        with self.server.database(self.empty) as url:
            self.done.append(import_list(url, self.sheet))
        return Slice(self.rows, self.done[-1].seconds)

    def baseline(self, wrote: Written) -> Slice:
        reading = timed(self.rows, lambda: read(self.sheet))
        with self.server.database(self.empty) as url, psycopg.connect(url) as connection:
            writing = timed(self.rows, lambda: insert(connection, wrote))
        return Slice(self.rows, reading.seconds + writing.seconds)

    def wrote(self) -> Written:
        """The rows that an import leaves."""
        with self.server.database(self.empty) as url:
            transactions = import_list(url, self.sheet).transactions
            with psycopg.connect(url) as connection:
                tables = {name: every_row(connection, name) for name in SQLModel.metadata.tables}
        return Written({name: rows for name, rows in tables.items() if rows}, transactions)


def rows(plan: Plan) -> list[Row]:
    people = plan.size(ROWS_PER_SECOND)
    with postgres_server() as server, prepared_database(server) as empty:
        case = Case(server, empty, contact_list(plan.folder / "contacts.csv", people), people)
        pairs = alternate(partial(case.baseline, case.wrote()), case.subject, plan.rounds, warm=0)
    colour = {**rates(pairs, "rows"), **memory(case.done)}
    return [Row("import", "into PostgreSQL", BASELINE, RATIO, pairs.ratios, None, colour)]


def every_row(connection: psycopg.Connection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()


def insert(connection: psycopg.Connection, rows: Written) -> None:
    for number in range(rows.transactions):
        for table, whole in rows.tables.items():
            insert_into(connection, table, part(whole, number, rows.transactions))
        connection.commit()


def insert_into(connection: psycopg.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        marks = sql.SQL(", ").join([sql.Placeholder()] * len(rows[0]))
        statement = sql.SQL("INSERT INTO {} VALUES ({})").format(sql.Identifier(table), marks)
        connection.cursor().executemany(statement, rows)
