"""Paths that wait: rows in order, each guarded by its version."""

import pytest

from storage.database import Storage
from storage.errors import Conflict, StaleVersion
from tests.storage.rows import NOON, SECOND, run


def test_runs_come_in_the_order_in_which_they_began_to_wait(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.runs.add([run("z"), run("other", "c2"), run("a", due=None), run("m", created_at=NOON - SECOND)])

        assert [row["id"] for row in transaction.runs.of_customers(["c1"])] == ["z", "a", "m"]
        assert [row["id"] for row in transaction.runs.of_customers(["c2", "c1", "c2"])] == ["z", "other", "a", "m"]
        assert transaction.runs.of_customers([]) == []


def test_a_run_is_read_back_whole_with_or_without_a_message_and_a_time(storage: Storage) -> None:
    rows = [run("r1"), run("r2", message={"text": "Hallo 👋"}, due=None, call="call")]
    with storage.transaction() as transaction:
        transaction.runs.add(rows)

        assert transaction.runs.of_customers(["c1"]) == rows


def test_a_saved_run_keeps_its_place_and_what_was_read_before_is_stale(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.runs.add([run("r1"), run("r2")])
        transaction.runs.save([run("r1", due=NOON + SECOND)])

        saved = transaction.runs.of_customers(["c1"])
        assert [(row["id"], row["due"], row["version"]) for row in saved] == [
            ("r1", NOON + SECOND, 2),
            ("r2", NOON, 1),
        ]
        with pytest.raises(StaleVersion, match="run"):
            transaction.runs.save([run("r1")])


def test_a_run_goes_on_once(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.runs.add([run("r1"), run("r2"), run("r3")])
        transaction.runs.save([run("r3")])
        transaction.runs.drop([run("r1")])
        transaction.runs.drop([])

        assert [row["id"] for row in transaction.runs.of_customers(["c1"])] == ["r2", "r3"]
        for gone_or_changed in ("r1", "r3"):
            with pytest.raises(StaleVersion, match="1 of 1 rows of run"):
                transaction.runs.drop([run(gone_or_changed)])


def test_a_run_that_is_there_is_not_added_again(storage: Storage) -> None:
    with pytest.raises(Conflict), storage.transaction() as transaction:
        transaction.runs.add([run("r1"), run("r1")])


def test_what_waits_is_counted_by_node_and_version_and_its_versions_are_named(storage: Storage) -> None:
    other = {"node": "remind.ask", "rules": "older"}
    with storage.transaction() as transaction:
        transaction.runs.add([run("r1"), run("r2", "c2"), run("r3", **other), run("r4", campaign="autumn")])

        assert transaction.runs.counts("spring") == {("remind.pause", "hash"): 2, ("remind.ask", "older"): 1}
        assert transaction.runs.counts("winter") == {}
        assert sorted(transaction.runs.versions()) == ["hash", "older"]


def test_the_customers_at_a_node_come_page_by_page_each_once(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.runs.add([run("r1", "c3"), run("r2", "c1"), run("r3", "c1"), run("r4", "c2", node="remind.ask")])
        customers_at = transaction.runs.customers_at

        assert customers_at("spring", ["remind.pause"], limit=1) == ["c1"]
        assert customers_at("spring", ["remind.pause"], after="c1") == ["c3"]
        assert customers_at("spring", ["remind.pause", "remind.ask"]) == ["c1", "c2", "c3"]
        assert customers_at("spring", ["remind.pause", "remind.ask"], limit=2) == ["c1", "c2"]
        assert customers_at("spring", []) == customers_at("autumn", ["remind.pause"]) == []
