"""People are found by what identifies them, and nobody overwrites what another has changed."""

from collections.abc import Iterator

import pytest

from storage.database import Storage
from storage.errors import Conflict, StaleVersion
from storage.statements import IN_LIMIT
from storage.transaction import Transaction
from tests.storage.rows import NOON, customer, participant


@pytest.fixture
def people(storage: Storage) -> Iterator[Transaction]:
    """Two customers, one of them in two campaigns."""
    with storage.transaction() as transaction:
        transaction.people.add_customers([customer("c1", fields={"name": "Ada"}), customer("c2")])
        known = [("phone", "+1", "c1"), ("email", "a@b.c", "c1"), ("phone", "+2", "c2")]
        transaction.people.add_identifiers([{"kind": k, "value": v, "customer": c} for k, v, c in known])
        places = [("p1", "c1", "spring"), ("p2", "c2", "spring"), ("p3", "c1", "autumn")]
        transaction.people.add_participants([participant(*place, fields={"x": 1}) for place in places])
        yield transaction


def test_customers_are_found_by_any_identifier(people: Transaction) -> None:
    pairs = [("phone", "+2"), ("email", "a@b.c"), ("phone", "a@b.c"), ("slack", "U1")]

    assert people.people.by_identifiers(pairs) == {("phone", "+2"): "c2", ("email", "a@b.c"): "c1"}
    assert people.people.by_identifiers([]) == {}


def test_customers_come_with_their_fields_and_identifiers(people: Transaction) -> None:
    assert people.people.customers(["c1", "c9", "c1"]) == {"c1": customer("c1", fields={"name": "Ada"})}
    found = people.people.identifiers(["c1", "c2", "c9"])
    assert found == {"c1": {"phone": "+1", "email": "a@b.c"}, "c2": {"phone": "+2"}, "c9": {}}


def test_any_number_of_people_can_be_asked_for_at_once(storage: Storage) -> None:
    ids = [f"c{n}" for n in range(2 * IN_LIMIT + 1)]
    with storage.transaction() as transaction:
        transaction.people.add_customers([customer(id) for id in ids])
        assert set(transaction.people.customers(ids)) == set(ids)


def test_a_new_participant_has_not_entered_and_has_no_outcome(people: Transaction) -> None:
    (place,) = people.people.participants(["c2"])

    assert (place["entered"], place["outcome"], place["version"], place["fields"]) == (False, "", 1, {"x": 1})


def test_participants_are_listed_by_customer_and_in_pages_by_campaign(people: Transaction) -> None:
    assert [row["id"] for row in people.people.participants(["c1", "c2"])] == ["p3", "p1", "p2"]
    assert [row["id"] for row in people.people.participants_of("spring", limit=1)] == ["p1"]
    assert [row["id"] for row in people.people.participants_of("spring", "p1", 5)] == ["p2"]


def test_who_was_held_up_is_found_until_nothing_is_held_any_more(people: Transaction) -> None:
    first, second = people.people.participants_of("spring")
    people.people.save_participants([row | {"held": [{"trigger": "x"}]} for row in (first, second)])
    people.people.save_participants([first | {"held": [], "version": 2}])

    assert [row["id"] for row in people.people.held_up("spring", "", 5)] == ["p2"]
    assert people.people.held_up("spring", "p2", 5) == []


def test_saving_changes_what_is_named_and_counts_the_version(people: Transaction) -> None:
    rows = [customer("c1", fields={"name": "Eve"}), {"id": "c2", "version": 1, "fields": {"a": None}}]
    people.people.save_customers(rows)

    found = people.people.customers(["c1", "c2"])
    assert found["c1"] == customer("c1", fields={"name": "Eve"}, version=2)
    assert found["c2"] == customer("c2", fields={"a": None}, version=2)


@pytest.mark.parametrize(
    "rows",
    [
        [customer("c1", version=2)],
        [customer("c1"), customer("c2", version=7)],
        [customer("c1"), customer("c1")],
        [customer("gone")],
    ],
)
def test_a_row_that_changed_since_it_was_read_is_not_overwritten(
    people: Transaction, rows: list[dict[str, object]]
) -> None:
    with pytest.raises(StaleVersion, match="1 of"):
        people.people.save_customers(rows)


@pytest.mark.parametrize(
    ("method", "row"),
    [
        ("add_customers", customer("c1")),
        ("add_identifiers", {"kind": "phone", "value": "+1", "customer": "c2"}),
        ("add_participants", participant("p9", "c1", "spring")),
    ],
)
def test_nobody_exists_twice(storage: Storage, method: str, row: dict[str, object]) -> None:
    with storage.transaction() as transaction:
        transaction.people.add_customers([customer("c1")])
        transaction.people.add_identifiers([{"kind": "phone", "value": "+1", "customer": "c1"}])
        transaction.people.add_participants([participant("p1", "c1", "spring")])

    with pytest.raises(Conflict), storage.transaction() as transaction:
        getattr(transaction.people, method)([row])


def test_times_come_back_to_the_microsecond(people: Transaction) -> None:
    assert people.people.customers(["c1"])["c1"]["created_at"] == NOON


def test_a_participant_who_has_changed_since_is_not_removed(storage: Storage) -> None:
    with storage.transaction() as t:
        t.people.add_customers([customer()])
        t.people.add_participants([participant()])
        stale = t.people.participant("p1")
        assert stale is not None
        t.people.save_participants([stale])

    with pytest.raises(StaleVersion), storage.transaction() as t:
        t.people.remove_participants([stale])
    with storage.transaction() as t:
        t.people.remove_participants(t.people.participants(["c1"]))

        assert t.people.participant("p1") is None
