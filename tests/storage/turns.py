"""How much a database reads for what is asked in turns: few rows, by their keys or as the first of what waits."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlmodel import SQLModel

from storage.database import Storage

MANY = 1_500  # rows read by one statement of a turn, which is about some hundreds
ASKING = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
FEW_ROWS = {"breaker", "campaign", "channel_state", "lease", "progress", "rule_version", "shard", "shard_turn"}
TO_BE_DONE = {"inbox_queue", "inbox_waiting", "outbox_order", "outbox_owed", "timer_due", "timer_held"}
WHOLE = re.compile(r"^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")

Found = dict[str, list[str]]


@contextmanager
def watched(storage: Storage) -> Iterator[Found]:
    """What each statement that is asked meanwhile reads too much of; [] for most.

    PostgreSQL counts the rows: it does the statement twice, once in vain. SQLite tells what it goes about to read.
    """
    found: Found = {}

    def look(connection: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool) -> None:
        if not statement.lstrip().startswith(ASKING):
            return
        one = given[0] if isinstance(given, list) and given and isinstance(given[0], (dict, tuple)) else given
        counted = connection.dialect.name == "postgresql"
        parts = read_of(cursor, statement, one) if counted else planned(cursor, statement, one)
        found.setdefault(" ".join(statement.split()), []).extend(parts)

    engines = (storage._writing, storage._reading)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", look)
    yield found
    for engine in engines:
        event.remove(engine, "before_cursor_execute", look)


def read_of(cursor: Any, statement: str, given: Any) -> list[str]:
    """The tables and indexes that `MANY` rows or more were read of."""
    cursor.execute("SAVEPOINT looking")
    cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", given)
    ((plan,),) = cursor.fetchone()
    cursor.execute("ROLLBACK TO SAVEPOINT looking")
    return [f"{read} rows by {by}" for by, read in reads(plan["Plan"]) if read >= MANY]


def reads(node: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """How many rows each scan of the plan read."""
    if "Relation Name" in node or "Index Name" in node:
        dropped = sum(node.get(f"Rows Removed by {name}", 0) for name in ("Filter", "Index Recheck"))
        name = node.get("Index Name") or node["Relation Name"]
        yield f"{node['Node Type']} of {name}", int((node["Actual Rows"] + dropped) * node["Actual Loops"])
    for one in node.get("Plans", []):
        yield from reads(one)


def planned(cursor: Any, statement: str, given: Any) -> list[str]:
    """What SQLite is about to read whole, and what it puts in order that is not few."""
    lines = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", given)]
    return [line for line in lines if is_whole(line, statement)]


def is_whole(line: str, statement: str) -> bool:
    """Of what is to be done the first may be read."""
    if not (whole := WHOLE.match(line)):
        return "TEMP B-TREE FOR ORDER BY" in line and "LIMIT" in statement
    table, index = whole.groups()
    first = index in TO_BE_DONE and "LIMIT" in statement
    return not first and table in SQLModel.metadata.tables.keys() - FEW_ROWS
