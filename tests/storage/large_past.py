"""What is done in turns, beside a long past, and beside much that waits of which the planner has not heard yet."""

import json
from typing import Any

from sqlalchemy import Connection, Table, text

from benchmarks.people import BOOK, NOW, SMS
from channels.base import InboundMessage
from gateway.incoming import new_event
from storage.claims import OUTBOX
from storage.inbox import INBOX
from storage.messages import MESSAGES
from storage.runs import RUNS
from storage.timers import TIMERS
from storage.types import EPOCH, MICROSECOND
from tests.storage.listing.large import EXPRESSIONS, fill

TIMES = 1_000  # as many rows as there are, as PostgreSQL's planner is told
WAITING = 4_000  # of each that is to be done
AT = (NOW - EPOCH) // MICROSECOND
STRANGER = InboundMessage("SM0", "+4915799999999", "Hello")
SAID = json.dumps(new_event(SMS, STRANGER, NOW).payload).replace(":", "\\:")  # no parameters
CAMPAIGN = "'campaign' || (n % 3)"
PAST: dict[Table, dict[str, str]] = {
    OUTBOX: {"seq": "n", "message": "'m' || n", "channel": "'sms'", "address": "'+49' || n", "state": "'done'"},
    TIMERS: {
        "subject": "'t' || n",
        "name": "CASE n % 2 WHEN 0 THEN 'reply' ELSE 'start' END",
        "campaign": CAMPAIGN,
        "due": f"{2 * AT} + n",
        "held": "n % 2 = 1",
    },
    RUNS: {"seq": "n", "id": "'r' || n", "customer": "'c' || n", "campaign": CAMPAIGN},
}
TO_DO: dict[Table, dict[str, str]] = {
    INBOX: {
        "key": "'w' || n",
        "kind": "'message'",
        "lane": "'l' || n",
        "shard": "n % 256",
        "payload": f"'{SAID}'",
        "state": "'waiting'",
    },
    MESSAGES: {
        "id": "'w' || n",
        "channel": "'sms'",
        "direction": "'out'",
        "address": "'+49' || n",
        "choices": "'[]'",
        "media": "'[]'",
    },
    OUTBOX: {
        "message": "'w' || n",
        "channel": "'sms'",
        "address": "'+49' || n",
        "state": "'queued'",
        "next_at": f"{AT} - {WAITING} + n / 50",
    },
}
DUE = {  # the planner is told of these: more than a turn takes are due only where time has stood still
    TIMERS: {"subject": "'w' || n", "name": "'reply'", "due": f"{AT} - n", "lane": "'l' || n", "campaign": CAMPAIGN},
}


def fill_past(connection: Connection, told: bool) -> None:
    """Thousands of rows in each table that grows, as if they were millions; and then what waits, of which PostgreSQL's
    planner is ``told`` or not."""
    fill(connection, BOOK.campaign, DUE, rows=WAITING, told=False)
    fill(connection, BOOK.campaign, EXPRESSIONS | PAST)
    if connection.dialect.name != "sqlite":
        _quietly(connection)
    fill(connection, BOOK.campaign, TO_DO, rows=WAITING, told=told)
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_stat1"))  # nobody asks SQLite to ANALYZE
    else:
        _tell_of_more(connection)


def _quietly(connection: Connection) -> None:
    """The server tells the planner nothing by itself; what comes is numbered after what is there."""
    for table in (*EXPRESSIONS, *PAST):
        connection.execute(text(f"ALTER TABLE {table.name} SET (autovacuum_enabled = off)"))
        _count_on(connection, table)


def _tell_of_more(connection: Connection) -> None:
    """The planner takes the tables, and what indexes hold all their rows, to be `TIMES` as large."""
    names = [table.name for table in (*EXPRESSIONS, *PAST)]
    of_ours = "SELECT oid FROM pg_class WHERE relkind = 'r' AND relname = ANY(:names)"
    whole = f"SELECT indexrelid FROM pg_index WHERE indpred IS NULL AND indrelid IN ({of_ours})"  # noqa: S608
    more = f"UPDATE pg_class SET reltuples = reltuples * :times WHERE oid IN ({of_ours} UNION {whole})"  # noqa: S608
    connection.execute(text(more), {"times": TIMES, "names": names})


def _count_on(connection: Connection, table: Table) -> None:
    column: Any = table.autoincrement_column
    if column is not None:
        last = f"(SELECT max({column.name}) FROM {table.name})"  # noqa: S608 - names of our own
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), {last})"))
