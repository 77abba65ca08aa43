"""Many rows written or read at once are as they would be one by one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from storage.bulk import delete_many, insert_many, read_from, read_many, update_many
from storage.communications import COMMUNICATIONS
from storage.database import Storage
from storage.errors import Conflict
from storage.people import CUSTOMERS
from storage.statements import rows_of
from storage.timers import TIMERS
from storage.transaction import Transaction
from storage.types import JsonText
from storage.values import Row
from tests.storage.rows import NOON, SECOND, communication, customer

ODD_TEXTS = ("plain", "", "a'b\"c\\d", "{x,y}", "NULL", "Grüße \U0001f600", "%s ? :name ?1", "line\nend")


def connection_of(t: Transaction) -> Connection:
    return t.people._connection


def all_customers(t: Transaction) -> list[Row]:
    """By SQLAlchemy, which does without what is tested here."""
    return rows_of(connection_of(t).execute(select(CUSTOMERS).order_by(CUSTOMERS.c.id)))


def some(number: int) -> list[Row]:
    return [customer(f"c{n:04}", lane=ODD_TEXTS[n % len(ODD_TEXTS)], fields={"n": [n, None]}) for n in range(number)]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 300])
def test_rows_come_and_are_told_as_they_were_given(storage: Storage, number: int) -> None:
    rows = some(number)
    with storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, rows)
    with storage.reading() as t:
        told = read_many(connection_of(t), CUSTOMERS, "id", [row["id"] for row in rows])
        assert all_customers(t) == rows == sorted(told, key=lambda row: str(row["id"]))


def test_rows_that_name_different_columns_get_the_defaults_of_the_others(storage: Storage) -> None:
    bare = {"id": "c1", "lane": "l", "created_at": NOON}
    with storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, [bare, customer("c2", version=7), {**bare, "id": "c3"}])
        versions = {row["id"]: (row["version"], row["fields"], row["erased_at"]) for row in all_customers(t)}

    assert versions == {"c1": (1, {}, None), "c2": (7, {}, None), "c3": (1, {}, None)}


def test_a_row_that_is_there_already_is_a_conflict_unless_sql_says_otherwise(storage: Storage) -> None:
    with storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, some(2))
    with pytest.raises(Conflict), storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, some(3))
    with storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, some(3), "ON CONFLICT (id) DO NOTHING")
        assert all_customers(t) == some(3)


def test_a_document_may_be_given_as_json(storage: Storage) -> None:
    with storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, [customer("c1", fields=JsonText('{"a":[1]}'))])
        assert all_customers(t) == [customer("c1", fields={"a": [1]})]


def test_each_row_is_changed_to_what_is_given_for_it(storage: Storage) -> None:
    with storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, some(3))
        changes = [{"id": f"c{n:04}", "version": 1, "erased_at": NOON + n * SECOND} for n in (0, 2, 9)]
        changed = update_many(connection_of(t), CUSTOMERS, changes, ("id", "version"), count="version")
        found = {row["id"]: (row["version"], row["erased_at"]) for row in all_customers(t)}

    assert changed == 2
    assert found == {"c0000": (2, NOON), "c0001": (1, None), "c0002": (2, NOON + timedelta(seconds=2))}


@pytest.mark.parametrize(("version", "changed"), [(0, 0), (1, 0), (2, 1)])
def test_another_condition_may_compare_with_what_is_given(storage: Storage, version: int, changed: int) -> None:
    with storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, some(1))
        rows = [{"id": "c0000", "version": version}]
        assert update_many(connection_of(t), CUSTOMERS, rows, ("id",), also="customer.version < {version}") == changed


def test_rows_are_deleted_by_all_that_is_given(storage: Storage) -> None:
    timers = [timer(subject, name) for subject in "ab" for name in ("start", "reply")]
    with storage.transaction() as t:
        insert_many(connection_of(t), TIMERS, timers)
        gone = [{"subject": "a", "name": "reply"}, {"subject": "b", "name": "none"}]
        assert delete_many(connection_of(t), TIMERS, gone) == 1
        left = read_many(connection_of(t), TIMERS, "subject", ["a", "b"], names=("subject", "name", "held"))

    names = sorted((row["subject"], row["name"], row["held"]) for row in left)
    assert names == [("a", "start", False), ("b", "reply", False), ("b", "start", False)]


def timer(subject: str, name: str) -> Row:
    return {"subject": subject, "name": name, "due": NOON, "lane": "l", "customer": "c", "campaign": "spring"}


@pytest.mark.parametrize(
    ("only", "node", "found"), [("", "remind.send", 2), ("is_open", "remind.send", 1), ("", "f.n", 1)]
)
def test_what_is_read_may_be_narrowed(storage: Storage, only: str, node: str, found: int) -> None:
    with storage.transaction() as t:
        t.communications.add([communication("1"), communication("2", node="f.n"), communication("3", is_open=False)])
        rows = read_many(connection_of(t), COMMUNICATIONS, "participant", ["p1", "p2"], only, node=node)

    assert len(rows) == found
    assert all(type(row["is_open"]) is bool for row in rows)


@pytest.mark.parametrize("keys", [(), ("c0001",), ("c0001", "none", "c0002", "c0002", "c0000")])
def test_what_is_asked_for_twice_is_told_once(storage: Storage, keys: Sequence[Any]) -> None:
    with storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, some(4))
        source = "customer WHERE lane <> {} AND id {}"
        told = read_from(connection_of(t), CUSTOMERS, source, keys, ("id",), "nowhere")

    assert sorted(row["id"] for row in told) == sorted({*keys} - {"none"})


def test_as_many_keys_may_be_asked_for_as_anybody_likes(storage: Storage) -> None:
    with storage.transaction() as t:
        insert_many(connection_of(t), CUSTOMERS, some(10))
        keys = [f"c{number:04}" for number in range(9_000)]
        assert len(read_many(connection_of(t), CUSTOMERS, "id", keys)) == 10
