"""What rules name and count: the last talk of a node, when talks began, and what has yet to begin."""

from typing import Any

from storage.database import Storage
from tests.storage.rows import NOON, SECOND, communication, participant

ENDED: dict[str, Any] = {"is_open": False, "status": "completed", "opened": True}
NODES = {"spring": ["remind.send", "remind.again"]}


def test_the_last_talk_of_each_node_is_found_for_each_participant(storage: Storage) -> None:
    with storage.transaction() as transaction:
        people = [("p1", "c1", "spring"), ("p2", "c2", "spring"), ("p3", "c1", "autumn")]
        transaction.people.add_participants([participant(*person) for person in people])
        talks = transaction.communications
        talks.add([communication(id, **ENDED) for id in ("first", "second")])
        talks.add([communication("again", node="remind.again"), communication("unnamed", node="remind.x")])
        talks.add([communication("theirs", "p2", "c2", **ENDED), communication("elsewhere", "p3", campaign="autumn")])

        assert {row["id"] for row in talks.last_of_nodes(NODES, ["c1", "c2", "c1"])} == {"second", "again", "theirs"}
        assert [row["id"] for row in talks.last_of_nodes(NODES, ["c2"])] == ["theirs"]
        assert talks.last_of_nodes(NODES, []) == talks.last_of_nodes({}, ["c1"]) == []


def test_what_began_is_counted_from_a_moment_on(storage: Storage) -> None:
    with storage.transaction() as transaction:
        talks = transaction.communications
        talks.add([communication("before", begun_at=NOON - SECOND), communication("then", begun_at=NOON)])
        talks.add([communication("after", begun_at=NOON + SECOND, **ENDED), communication("planned")])
        talks.add([communication("theirs", "p2", "c2", begun_at=NOON)])

        begun = {row["id"]: row["begun_at"] for row in talks.begun(["p1"], NOON)}
        assert begun == {"then": NOON, "after": NOON + SECOND}
        assert talks.begun([], NOON) == []


def test_what_has_yet_to_begin_is_counted_by_node_and_version(storage: Storage) -> None:
    with storage.transaction() as transaction:
        talks = transaction.communications
        talks.add([communication("k1"), communication("k2", "p2", "c2"), communication("k3", rules="older")])
        talks.add([communication("begun", opened=True), communication("ended", **ENDED)])
        talks.add([communication("k4", node="remind.again"), communication("k5", campaign="autumn")])

        assert talks.planned("spring") == {
            ("remind.send", "hash"): 2,
            ("remind.send", "older"): 1,
            ("remind.again", "hash"): 1,
        }
        assert talks.customers_planned("spring", ["remind.send"]) == ["c1", "c2"]
        assert talks.customers_planned("spring", ["remind.send"], after="c1", limit=1) == ["c2"]
        assert talks.customers_planned("spring", ["remind.x"]) == []
