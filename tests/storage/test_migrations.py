"""What the migrations do to rows. That none is lost is seen in `test_released.py`, by what the releases left."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Table, insert, select

from storage import schema
from storage.database import Storage
from storage.values import Row
from tests.storage.dump import contents, tables_of
from tests.storage.rows import NOON, SECOND

FIRST = "0001"
LATER = 1_000_000_000_000_000  # microseconds since 1970
TALK: Row = {"participant": "p1", "talk": "{}", "created_at": 5}
FILLED: dict[str, list[Row]] = {
    "campaign": [{"name": "spring", "status": "active", "rules": "hash", "started_at": LATER}],
    "rule_version": [{"hash": "hash", "campaign": "spring", "file": "a.yaml", "text": "campaign: spring"}],
    "customer": [{"id": "c1", "lane": "lane-c1", "fields": '{"first_name":"Zoë"}', "version": 3}],
    "identifier": [{"kind": "phone", "value": "+4915100001", "customer": "c1"}],
    "participant": [{"id": "p1", "campaign": "spring", "customer": "c1", "entered": True, "held": '[{"of":"x"}]'}],
    "communication": [
        TALK | {"id": "planned", "seq": 1, "at": LATER, "is_open": True},
        TALK | {"id": "begun late", "seq": 2, "at": 7, "opened": True},
        TALK | {"id": "begun at once", "seq": 3, "at": 4, "opened": True},
    ],
    "message": [{"id": "m1", "direction": "out", "text": "Hallo 👋", "choices": "[]", "status": "sent"}],
    "outbox": [{"seq": 9, "message": "m1", "state": "queued", "next_at": LATER}],
    "inbox": [{"id": 12, "key": "sms:SM1", "kind": "message", "shard": 7, "state": "held"}],
    "decision": [{"event": 12, "customer": "c1", "applied": "applied", "log": "[]"}],
    "timer": [
        {"subject": "planned", "name": "start", "due": LATER, "campaign": "spring"},
        {"subject": "begun late", "name": "reply", "due": LATER - 1, "campaign": "spring"},
        {"subject": "begun at once", "name": "reply", "due": 1, "fired": True},
    ],
    "opt_out": [{"channel": "sms", "address": "+4915100002", "word": "STOP", "at": 5}],
    "upload": [{"id": "u1", "campaign": "spring", "file": "people.csv", "total": 3, "errors": "[]"}],
}
NEW_TIMER = {
    "subject": "s",
    "due": NOON,
    "lane": "l",
    "customer": "c1",
    "campaign": "spring",
    "held": False,
    "event": 1,
}


@pytest.fixture
def earlier(empty_url: str) -> Iterator[Storage]:
    """Storage at the first revision, with rows in every table."""
    with closing(Storage(empty_url)) as storage:
        with storage._writing.begin() as connection:
            command.upgrade(schema.configuration(connection), FIRST)
            for table in tables_of(connection).values():
                connection.execute(insert(table), [whole(table, row) for row in FILLED[table.name]])
        yield storage


def whole(table: Table, row: Row) -> Row:
    """The row with something in every column."""
    empty: dict[type, Any] = {str: "", int: 0, bool: False}
    return {c.name: None if c.nullable else empty[c.type.python_type] for c in table.columns} | row


def test_what_had_begun_before_the_upgrade_counts_from_its_beginning(earlier: Storage) -> None:
    earlier.migrate()
    with earlier.reading() as transaction:
        rows = transaction.communications.by_ids(["planned", "begun late", "begun at once"])
        moments = {id: row["begun_at"] and row["begun_at"].microsecond for id, row in rows.items()}

        assert moments == {"planned": None, "begun late": 7, "begun at once": 5}
        assert {(row["expires"], row["attempt"], row["retried"]) for row in rows.values()} == {(None, 1, 0)}
        assert transaction.messages.by_ids(["m1"])["m1"]["attempt"] == 1


def test_timers_of_before_the_upgrade_fire_as_they_did(earlier: Storage) -> None:
    earlier.migrate()
    with earlier.transaction() as transaction:
        assert transaction.timers.next_held(("start",)).keys() == {("spring", "start")}
        assert [due.subject for due in transaction.timers.take_due(NOON, 9)] == ["begun late"]
        assert [due.subject for due in transaction.timers.take_held("spring", "start", NOON, 9)] == ["planned"]
        assert transaction.timers.take_due(NOON + SECOND, 9) == []


def test_the_way_back_keeps_what_the_earlier_program_knew(earlier: Storage) -> None:
    with earlier._reading.connect() as connection:
        tables = tables_of(connection)
        before = contents(connection, tables)
    earlier.migrate()
    with earlier.transaction() as transaction:  # what the earlier program would stumble over
        transaction.timers.set([NEW_TIMER | {"name": name} for name in ("retry", "fallback", "expire", "wait")])
    with earlier._writing.begin() as connection:
        command.downgrade(schema.configuration(connection), FIRST)

    with earlier._reading.connect() as connection:
        assert {name: set(table.columns.keys()) for name, table in tables_of(connection).items()} == {
            name: set(table.columns.keys()) for name, table in tables.items()
        }
        assert contents(connection, tables) == before


def test_the_errors_of_uploads_are_rows_after_the_upgrade_and_go_back(earlier: Storage) -> None:
    errors = '[{"row":3,"field":"phone","value":"ü","reason":"is no number"}]'
    begun = {"id": "u2", "campaign": "spring", "file": "b.csv", "status": "processing", "total": 9, "failed": 1}
    events = {22: ("u2", "waiting"), 24: ("u2", "held"), 25: ("u3", "waiting"), 26: ("u2", "decided")}
    kept = [{"id": id, "key": f"upload:{of}:{id}", "state": state} for id, (of, state) in events.items()]
    with earlier._writing.begin() as connection:
        table, inbox = (tables_of(connection)[name] for name in ("upload", "inbox"))
        connection.execute(insert(table), [whole(table, begun | {"errors": errors, "last_row": 5, "started_at": 5})])
        connection.execute(insert(inbox), [whole(inbox, event | {"payload": "{}"}) for event in kept])
    earlier.migrate()
    with earlier.reading() as transaction:
        (failure,) = transaction.lists.upload_failures.first("u2", 9)
        row = transaction.uploads.get("u2") or {}

        assert (failure["row"], failure["field"], failure["value"], failure["reason"]) == (
            3,
            "phone",
            "ü",
            "is no number",
        )
        assert (row["total"], row["read"], row["last_row"], row["begun_at"]) == (9, 3, 5, row["started_at"])
    with earlier._writing.begin() as connection:
        command.downgrade(schema.configuration(connection), FIRST)
        table = tables_of(connection)["upload"]
        assert {row.id: row.errors for row in connection.execute(select(table))} == {"u1": "[]", "u2": errors}
