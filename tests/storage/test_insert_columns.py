"""Many rows given column by column are the rows that one by one would be."""

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from storage.database import Storage
from storage.errors import Conflict
from storage.inbox import INBOX
from storage.people import CUSTOMERS
from storage.statements import IN_LIMIT, rows_of
from storage.transaction import Transaction
from storage.values import About, NewEvent, NewEvents, Row, shard_of
from tests.storage.rows import NOON, customer

LANE = About("lane", "someone")
ODD_TEXTS = ("plain", "", "a'b\"c\\d", "{x,y}", "NULL", "Grüße 😀", "%s ? :name", "line\nend")


def all_of(t: Transaction, table: Any) -> list[Row]:
    return rows_of(t.people._connection.execute(table.select().order_by(table.c.id)))


def without(rows: list[Row], *names: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def new_events(keys: list[str], text: str = "x") -> NewEvents:
    return NewEvents("message", NOON, keys, ["someone"] * len(keys), [f'{{"text":"{text}"}}'] * len(keys))


def test_events_added_at_once_are_those_kept_singly(storage: Storage) -> None:
    keys = [f"{number} {text}" for number, text in enumerate(ODD_TEXTS)]
    with storage.transaction() as t:
        t.inbox.add(NewEvents("participant", NOON, keys, ODD_TEXTS, ['{"text":"Grüße","list":[1,null]}'] * len(keys)))
        t.inbox.keep(
            [
                NewEvent(f"{key}:2", "participant", About("lane", lane), {"text": "Grüße", "list": [1, None]}, NOON)
                for key, lane in zip(keys, ODD_TEXTS, strict=True)
            ]
        )
        rows = all_of(t, INBOX)

    at_once, singly = rows[: len(keys)], rows[len(keys) :]
    assert [row["key"] for row in at_once] == keys
    assert [row["shard"] for row in at_once] == [shard_of(lane) for lane in ODD_TEXTS]
    assert without(at_once, "id", "key") == without(singly, "id", "key")


def test_events_are_numbered_in_the_order_given(storage: Storage) -> None:
    keys = [f"{number * 7919 % 3000}" for number in range(3000)]
    with storage.transaction() as t:
        t.inbox.add(new_events(keys))
        numbers = t.inbox.numbers(keys)

    assert sorted(keys, key=numbers.__getitem__) == keys


def test_an_event_whose_key_is_kept_already_stays_as_it_is(storage: Storage) -> None:
    with storage.transaction() as t:
        t.inbox.add(new_events(["a", "b"], "first"))
        before = t.inbox.numbers(["a", "b"])
        t.inbox.add(new_events(["c", "a", "d", "d"], "second"))
        texts = {event.key: event.payload["text"] for event in t.inbox.waiting(10)}

        assert texts == {"a": "first", "b": "first", "c": "second", "d": "second"}
        assert t.inbox.numbers(["a", "b"]) == before


def test_a_new_customer_has_its_own_lane_and_no_fields(storage: Storage) -> None:
    with storage.transaction() as t:
        t.people.add_new(["c1", "c2"], NOON)

        assert all_of(t, CUSTOMERS) == [customer("c1", lane="c1"), customer("c2", lane="c2")]
        assert t.people.lanes(["c2", "c9"]) == {"c2": "c2"}


def test_identifiers_belong_to_whom_they_are_given(storage: Storage) -> None:
    with storage.transaction() as t:
        t.people.identify({("c1", "phone"): "+1", ("c1", "email"): "a@b.c", ("c2", "phone"): "+2"})

        assert t.people.identifiers(["c1", "c2"]) == {"c1": {"phone": "+1", "email": "a@b.c"}, "c2": {"phone": "+2"}}


def test_nothing_is_added_where_nothing_is_given(storage: Storage) -> None:
    with storage.transaction() as t:
        t.inbox.add(new_events([]))
        t.people.add_new([], NOON)
        t.people.identify({})

        assert all_of(t, INBOX) == all_of(t, CUSTOMERS) == []


def test_a_customer_or_an_identifier_that_is_there_already_is_a_conflict(storage: Storage) -> None:
    with storage.transaction() as t:
        t.people.add_new(["c1"], NOON)
        t.people.identify({("c1", "phone"): "+1"})

    with pytest.raises(Conflict), storage.transaction() as t:
        t.people.add_new(["c2", "c1"], NOON)
    with pytest.raises(Conflict), storage.transaction() as t:
        t.people.identify({("c2", "phone"): "+1"})


def test_the_places_of_customers_in_one_campaign_are_told(storage: Storage) -> None:
    places = [("p1", "c1", "spring"), ("p2", "c2", "spring"), ("p3", "c1", "autumn")]
    with storage.transaction() as t:
        moments = {"created_at": NOON, "updated_at": NOON}
        t.people.add_participants(
            [{"id": id, "customer": of, "campaign": campaign, **moments} for id, of, campaign in places]
        )

        assert t.people.places("spring", ["c1", "c2", "c3"]) == {"c1": "p1", "c2": "p2"}
        assert t.people.places("winter", ["c1"]) == {}


def test_any_number_of_keys_can_be_looked_up_at_once(storage: Storage) -> None:
    keys = [f"k{number}" for number in range(2 * IN_LIMIT + 1)]
    with storage.transaction() as t:
        t.inbox.add(new_events(keys))

        assert len(t.inbox.numbers([*keys, "another", keys[0]])) == len(keys)
        assert t.inbox.numbers([]) == {}


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_an_odd_text_is_found_as_it_is(storage: Storage, text: str) -> None:
    with storage.transaction() as t:
        t.people.identify({("c1", "external_id"): text, ("c2", "external_id"): f"{text}+"})

        assert t.people.by_identifiers([("external_id", text)]) == {("external_id", text): "c1"}


def test_what_only_looks_like_nul_is_kept_as_it_is(storage: Storage) -> None:
    with storage.transaction() as t:
        t.inbox.keep([NewEvent("k\\u0000", "message", About("phone", "\\u0000"), {"text": "a\x00b"}, NOON)])
        (waiting,) = t.inbox.waiting(10)

    assert (waiting.key, waiting.lane, waiting.payload) == ("k\\u0000", "phone:\\u0000", {"text": "a\x00b"})


@pytest.mark.parametrize(
    "event", [NewEvent("a\x00b", "message", LANE, {}, NOON), NewEvent("a", "m\x00", LANE, {}, NOON)]
)
def test_a_text_with_nul_is_refused_on_either_database_and_nothing_is_kept_in_its_place(
    storage: Storage, event: NewEvent
) -> None:
    with pytest.raises((ValueError, DBAPIError)), storage.transaction() as t:
        t.inbox.keep([event])
    with pytest.raises((ValueError, DBAPIError)), storage.transaction() as t:
        t.inbox.numbers(["a\x00b"])
    with storage.reading() as t:
        assert t.inbox.waiting(10) == []
