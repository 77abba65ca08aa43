"""Tables with enough rows that a database chooses its plans as it does for millions."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Boolean, Connection, DefaultClause, Integer, LargeBinary, Table, text

from storage.audit import AUDIT
from storage.listing.communications import COMMUNICATIONS
from storage.listing.customers import CUSTOMERS
from storage.listing.deliveries import DELIVERIES
from storage.listing.events import DECISIONS, INBOX
from storage.listing.messages import MESSAGES
from storage.listing.opt_outs import OPT_OUTS
from storage.listing.participants import PARTICIPANTS
from storage.listing.upload_failures import FAILURES
from storage.listing.uploads import UPLOADS
from storage.people import IDENTIFIERS

ROWS = 6_000
CAMPAIGN = "'campaign' || (n % 3)"
NUMBERS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {})"
EXPRESSIONS: dict[Table, dict[str, str]] = {
    CUSTOMERS: {"id": "'c' || n"},
    PARTICIPANTS: {
        "id": "'p' || n",
        "customer": "'c' || n",
        "campaign": CAMPAIGN,
        "outcome": "CASE n % 10 WHEN 0 THEN 'paid' ELSE '' END",
        "updated_at": "n",
    },
    COMMUNICATIONS: {
        "id": "'t' || n",
        "participant": "'p' || (n / 3)",
        "customer": "'c' || (n / 3)",
        "campaign": CAMPAIGN,
        "status": "CASE n % 10 WHEN 0 THEN 'failed' ELSE 'completed' END",
        "created_at": "n",
    },
    MESSAGES: {
        "id": "'m' || n",
        "communication": "CASE n % 2 WHEN 0 THEN '' ELSE 't' || (n / 3) END",
        "customer": "'c' || (n / 9)",
        "campaign": CAMPAIGN,
        "direction": "CASE n % 2 WHEN 0 THEN 'in' ELSE 'out' END",
        "status": "CASE n % 100 WHEN 0 THEN 'failed' ELSE 'delivered' END",
        "choices": "'[]'",
        "media": "'[]'",
        "thread": "CASE n % 5 WHEN 0 THEN 'C1:' || (n / 50) ELSE '' END",
        "created_at": "n",
    },
    INBOX: {
        "id": "n",
        "key": "'k' || n",
        "kind": "'message'",
        "state": "CASE n % 100 WHEN 0 THEN 'parked' ELSE 'decided' END",
    },
    DECISIONS: {"event": "n", "customer": "'c' || (n / 9)", "decided_at": "n"},
    DELIVERIES: {
        "id": "'d' || n",
        "seq": "n",
        "hook": "'hook' || (n % 3)",
        "state": "CASE n % 5 WHEN 0 THEN 'owed' WHEN 1 THEN 'sending' ELSE 'delivered' END",
        "created_at": "n",
        "next_at": "n",
        "done_at": "CASE WHEN n % 5 > 1 THEN n END",
    },
    OPT_OUTS: {"channel": "'sms' || (n % 3)", "address": "'+49' || n"},
    UPLOADS: {"id": "'u' || n", "campaign": CAMPAIGN, "status": "'completed'", "started_at": "n"},
    FAILURES: {"seq": "n", "upload": "'u' || (n % 3)", "row": "n"},
    IDENTIFIERS: {
        "kind": "CASE n % 3 WHEN 0 THEN 'phone' WHEN 1 THEN 'email' ELSE 'external_id' END",
        "value": "'+49' || n",
        "customer": "'c' || n",
    },
    AUDIT: {"id": "n", "subject": "'s' || (n / 3)"},
}


def fill(
    connection: Connection,
    campaign: str = "campaign1",
    filled: Mapping[Table, dict[str, str]] = EXPRESSIONS,
    rows: int = ROWS,
    told: bool = True,
) -> None:
    """So many rows in each table that is listed, a third of them this campaign's, and what the planner wants to know,
    unless it is not ``told``. Columns that count by themselves and are not named do so."""
    ours = f"CASE n % 3 WHEN 1 THEN '{campaign}' ELSE {CAMPAIGN} END"
    numbers = NUMBERS.format(rows)
    for table, expressions in filled.items():
        columns = [column for column in table.c if column.name in expressions or not _is_by_itself(column)]
        names = ", ".join(f'"{column.name}"' for column in columns)
        expressions = expressions | ({"campaign": ours} if "campaign" in expressions else {})
        nothing = _nothing_on(connection.dialect.name)
        values = ", ".join(expressions.get(column.name, nothing(column)) for column in columns)
        connection.execute(text(f"INSERT INTO {table.name} ({names}) {numbers} SELECT {values} FROM t"))  # noqa: S608
    if told:
        connection.execute(text("ANALYZE"))


def _is_by_itself(column: Any) -> bool:
    return column.nullable or column.autoincrement is True or isinstance(column.server_default, DefaultClause)


def _nothing_on(dialect: str) -> Callable[[Any], str]:
    return partial(_nothing, "x''" if dialect == "sqlite" else "''")


def _nothing(no_bytes: str, column: Any) -> str:
    if isinstance(column.type, Boolean):
        return "false"
    kind = column.type.impl if hasattr(column.type, "impl") else column.type
    if isinstance(kind, LargeBinary):
        return no_bytes
    return "0" if isinstance(kind, Integer) else "'{}'" if column.type.__class__.__name__ == "Json" else "''"
