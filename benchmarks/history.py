"""A long past on either database: events decided long ago, messages long sent, and timers that wait.

Rows are made by the database itself. Their keys are in no order, as those of providers are; what is dropped here is
indexed again at the end, as `benchmarks.filling` does.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.crowd import BEGUN, SPAN, one_of
from benchmarks.filling import SERIES, insertion
from benchmarks.people import BOOK
from storage import models
from storage.database import Storage
from storage.statements import table_of

COUNT = "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {}) SELECT n FROM t)"
SCATTERED = "(n * 2654435761 % 4294967296)"  # each number once, in no order
LATER = BEGUN + 2 * SPAN  # when timers are due that wait
SPREAD = 86_400_000_000  # a day, in microseconds
CAMPAIGNS = 20
PAYLOAD = f"""'{{"text":"{"said " * 20}"}}'"""
FAST = ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-1000000")

Execute = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class History:
    """How much of it there is. For each three events one message was sent."""

    events: int
    timers: int

    def statements(self, counted: str) -> Iterator[str]:
        """What fills the tables, each row by a number ``n``."""
        sent = self.events // 3
        rows: tuple[tuple[Any, dict[str, str], int], ...] = (
            (models.Campaign, campaigns(), CAMPAIGNS),
            (models.Inbox, events(self.events), self.events),
            (models.Decision, decisions(self.events), self.events),
            (models.Message, messages(sent), sent),
            (models.Outbox, owed(), sent),
            (models.Timer, timers(), self.timers),
        )
        for model, columns, number in rows:
            if number:
                yield insertion(table_of(model), columns, number, counted)


def moment(total: int) -> str:
    """When row ``n`` of so many came to be."""
    return f"{BEGUN} + n * {SPAN // max(1, total)}"


def campaigns() -> dict[str, str]:
    return {"name": "'campaign' || n", "status": "'active'", "rules": f"'{BOOK.hash}'"}


def events(number: int) -> dict[str, str]:
    return {
        "key": f"'sms:SM' || {SCATTERED}",
        "kind": one_of("message", "receipt", "receipt", "timer"),
        "lane": f"'lane' || {SCATTERED} % 1000000",
        "shard": f"{SCATTERED} % 256",
        "payload": PAYLOAD,
        "state": "'decided'",
        "received_at": moment(number),
        "decided_at": moment(number),
    }


def decisions(number: int) -> dict[str, str]:
    customer = f"'customer' || {SCATTERED} % 1000000"
    return {"event": "n", "customer": customer, "applied": "'acted'", "decided_at": moment(number)}


def messages(number: int) -> dict[str, str]:
    return {
        "id": f"'message' || {SCATTERED}",
        "channel": "'sms'",
        "direction": "'out'",
        "address": f"'+49151' || {SCATTERED} % 1000000",
        "text": "'said'",
        "campaign": f"'campaign' || (1 + n % {CAMPAIGNS})",
        "customer": f"'customer' || {SCATTERED} % 1000000",
        "status": "'delivered'",
        "rank": "7",
        "provider_id": f"'SM' || {SCATTERED}",
        "created_at": moment(number),
        "updated_at": moment(number),
    }


def owed() -> dict[str, str]:
    return {
        "message": f"'message' || {SCATTERED}",
        "channel": "'sms'",
        "address": f"'+49151' || {SCATTERED} % 1000000",
        "state": "'done'",
        "next_at": f"{BEGUN} + n",
    }


def timers() -> dict[str, str]:
    """Half of them stand still while their campaign does not run."""
    return {
        "subject": f"'talk' || {SCATTERED}",
        "name": one_of("reply", "start"),
        "held": "n % 2 = 1",
        "due": f"{LATER} + {SCATTERED} % {SPREAD}",
        "lane": f"'lane' || {SCATTERED} % 1000000",
        "customer": f"'customer' || {SCATTERED} % 1000000",
        "campaign": f"'campaign' || (1 + n % {CAMPAIGNS})",
        "event": "n",
    }


def made(url: str, history: History) -> str:
    """The address of the database, which has the tables now, and this history."""
    storage = Storage(url)
    storage.migrate()
    storage.close()
    if url.startswith("sqlite:"):
        _fill_file(url.removeprefix("sqlite:///"), history)
    else:
        _fill_server(url, history)
    return url


def _fill_file(path: str, history: History) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in FAST:
            connection.execute(pragma)
        indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        _fill(connection.execute, connection.execute(indexes).fetchall(), history.statements(COUNT))
        connection.execute("PRAGMA journal_mode=WAL")


def _fill_server(url: str, history: History) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        indexes = connection.execute(INDEXES).fetchall()
        _fill(lambda statement: connection.execute(statement.encode()), indexes, history.statements(SERIES))
        connection.execute("VACUUM ANALYZE")


INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


def _fill(execute: Execute, indexes: list[tuple[str, str]], statements: Iterator[str]) -> None:
    for name, _ in indexes:
        execute(f'DROP INDEX "{name}"')
    for statement in statements:
        execute(statement)
    for _, definition in indexes:
        execute(definition)
