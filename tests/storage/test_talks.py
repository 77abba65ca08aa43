"""Communications, messages and their decisions."""

from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import Storage
from storage.errors import Conflict, StaleVersion
from storage.values import Row
from tests.storage.rows import NOON, SECOND, communication, customer, event, message, participant

SHARED = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
RANKS = {"": 0, "sent": 4, "failed": 6, "delivered": 8, "read": 9}


def two_people(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.people.add_customers([customer("c1"), customer("c2")])
        places = [("p1", "c1", "spring"), ("p2", "c1", "autumn"), ("p3", "c2", "spring")]
        transaction.people.add_participants([participant(*place) for place in places])


def test_the_open_communications_and_each_participants_last_one_come_oldest_first(storage: Storage) -> None:
    two_people(storage)
    ended: Row = {"is_open": False, "status": "completed"}
    with storage.transaction() as transaction:
        transaction.communications.add(
            [
                communication("old", **ended),
                communication("open", created_at=NOON + SECOND),
                communication("last", **ended, created_at=NOON + SECOND),
                communication("autumn-old", "p2", **ended),
                communication("autumn-last", "p2", **ended),
                communication("other", "p3", "c2"),
            ]
        )
        found = transaction.communications.of_customers(["c1", "c1"])

        assert [row["id"] for row in found] == ["autumn-last", "open", "last"]
        assert transaction.communications.of_customers([]) == []
        assert [row["id"] for row in transaction.communications.open_of(["c1"])] == ["open"]


def test_of_communications_made_at_one_moment_the_last_made_is_the_last(storage: Storage) -> None:
    two_people(storage)
    with storage.transaction() as transaction:
        for id in ("z", "a", "m"):
            transaction.communications.add([communication(id, is_open=False, status="canceled")])

        assert [row["id"] for row in transaction.communications.of_customers(["c1"])] == ["m"]


def test_a_saved_communication_is_read_back_whole_and_guarded(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.communications.add([communication("k1", talk={"question": 1})])
        row = transaction.communications.by_ids(["k1", "k2"])["k1"]
        transaction.communications.save([row | {"status": "replied", "talk": {"question": 2}}])

        saved = transaction.communications.by_ids(["k1"])["k1"]
        assert saved == row | {"status": "replied", "talk": {"question": 2}, "version": 2}
        with pytest.raises(StaleVersion, match="communication"):
            transaction.communications.save([row])


@SHARED
@given(order=st.permutations(["sent", "failed", "delivered", "read"]), together=st.booleans())
def test_in_whatever_order_statuses_come_the_highest_stays(storage: Storage, order: list[str], together: bool) -> None:
    id = uuid4().hex
    rows = [{"id": id, "status": s, "rank": RANKS[s], "error": s, "updated_at": NOON + SECOND} for s in order]
    with storage.transaction() as transaction:
        transaction.messages.add([message(id), message(f"{id} untouched")])
        for batch in [rows] if together else [[row] for row in rows]:
            transaction.messages.save_status(batch)

        found = transaction.messages.by_ids([id, f"{id} untouched"])
        changed, untouched = found[id], found[f"{id} untouched"]
        assert (changed["status"], changed["error"], changed["updated_at"]) == ("read", "read", NOON + SECOND)
        assert (untouched["status"], untouched["updated_at"]) == ("", NOON)


def test_a_message_is_found_by_the_providers_id_on_its_channel_only(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.messages.add([message("m1", choices=["a", "b"]), message("m2", channel="slack", provider_id="SM1")])
        transaction.messages.record_providers({"m1": "SM1"})
        found = transaction.messages.by_provider("sms", ["SM1", "SM2"])

    assert {key: (row["id"], row["choices"]) for key, row in found.items()} == {"SM1": ("m1", ["a", "b"])}


def test_an_event_is_decided_exactly_once(storage: Storage) -> None:
    decision = {"event": 7, "customer": "c1", "applied": "applied", "log": [{"saw": {"x": 1}}], "decided_at": NOON}
    with storage.transaction() as transaction:
        transaction.decisions.add([decision])
        assert transaction.decisions.applied([7, 8]) == {7: "applied"}

    with pytest.raises(Conflict), storage.transaction() as transaction:
        transaction.decisions.add([decision])


def test_of_a_moments_decisions_about_somebody_the_first_is_found_and_what_came_after_it(storage: Storage) -> None:
    head = {"applied": "applied", "log": []}
    made = [(1, "c2", NOON + SECOND), (2, "c1", NOON), (3, "c1", NOON + SECOND), (4, "c1", NOON + SECOND)]
    with storage.transaction() as transaction:
        transaction.inbox.keep([event(key) for key in "abcd"])
        transaction.decisions.add([{**head, "event": n, "customer": who, "decided_at": at} for n, who, at in made])
        first = transaction.decisions.first_at("c1", NOON + SECOND)
        since = transaction.decisions.of_customer_since("c1", 3, NOON, 9)

        assert (first, transaction.decisions.first_at("c1", NOON - SECOND)) == (3, None)
        assert [row["event"] for row in since] == [3, 4]
