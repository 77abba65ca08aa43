"""Rows of an upload, on both databases: what they leave is what the worker takes, once."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gateway.intake import Given, ReadyRow, ready
from gateway.keeping import keep_participants, keep_upload, row_of
from rules.values import Values
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import WaitingEvent, shard_of
from tests.gateway.books import BOOK
from tests.gateway.desk import NOW

ADA, BEN, EVE = "+4915112345601", "+4915112345602", "+4915112345603"
FIELDS: Values = {
    "first_name": 'Ada "Grüße" \\ {x} 😀',
    "amount_due": Decimal("129.90"),
    "due_date": date(2026, 11, 24),
    "reminded": None,
}


def row(number: int, fields: Values | None = None, **identifiers: str) -> ReadyRow:
    return ready(Given(number, identifiers, fields or {}))


def keep(t: Transaction, *rows: ReadyRow) -> list[WaitingEvent]:
    """Keep rows of one upload; all events that wait."""
    assert keep_upload(t, BOOK.campaign, "u1", rows, NOW) == ()
    return t.inbox.waiting(5_000)


def test_a_row_leaves_an_event_with_all_that_it_gives(storage: Storage) -> None:
    with storage.transaction() as t:
        (event,) = keep(t, row(2, FIELDS, phone=ADA))
        customer = t.people.by_identifiers([("phone", ADA)])["phone", ADA]

    assert event.payload == {
        "campaign": BOOK.campaign,
        "customer": customer,
        "participant": event.payload["participant"],
        "source": "import",
        "identifiers": [],
        "fields": {
            "first_name": 'Ada "Grüße" \\ {x} 😀',
            "amount_due": "129.90",
            "due_date": "2026-11-24",
            "reminded": None,
        },
        "upload": "u1",
    }
    assert (event.key, event.kind, event.lane, event.attempts) == ("upload:u1:2", "participant", customer, 0)
    assert (event.received_at, row_of(event.key)) == (NOW, 2)


def test_rows_of_an_upload_and_of_a_request_differ_in_their_source_only(storage: Storage) -> None:
    with storage.transaction() as t:
        keep(t, row(1, FIELDS, phone=ADA))
        keep_participants(t, BOOK.campaign, [Given(1, {"phone": ADA}, FIELDS)], source="api", now=NOW)
        imported, put = t.inbox.waiting(5)

    assert {**imported.payload, "source": "api", "upload": ""} == put.payload
    assert imported.lane == put.lane


def test_events_have_the_order_of_the_rows(storage: Storage) -> None:
    rows = [row(number, phone=f"+49151{10_000_000 + number * 7919 % 1_000}") for number in range(2, 1_002)]
    with storage.transaction() as t:
        events = keep(t, *rows)

    assert [row_of(event.key) for event in events] == list(range(2, 1_002))


def test_a_row_that_was_kept_before_is_kept_once(storage: Storage) -> None:
    with storage.transaction() as t:
        before = keep(t, row(2, phone=ADA), row(3, phone=BEN))
    with storage.transaction() as t:
        after = keep(t, row(3, {"first_name": "other"}, phone=BEN), row(4, phone=EVE))

    assert after[:2] == before
    assert [row_of(event.key) for event in after] == [2, 3, 4]


def test_events_of_a_known_customer_are_in_the_lane_that_the_customer_has(storage: Storage) -> None:
    known: dict[str, Any] = {"id": "c1", "lane": "old lane", "fields": {}, "version": 1, "created_at": NOW}
    with storage.transaction() as t:
        t.people.add_customers([known])
        t.people.identify({("c1", "phone"): ADA})
        first, second = keep(t, row(2, phone=ADA), row(3, phone=BEN))

    assert (first.lane, first.payload["customer"]) == ("old lane", "c1")
    assert second.lane == second.payload["customer"]
    with storage.reading() as t:
        assert {event.id for event in t.inbox.waiting(5, shards=[shard_of("old lane")])} >= {first.id}


@pytest.mark.parametrize("together", [True, False])
def test_an_identifier_that_one_gives_up_another_takes(storage: Storage, together: bool) -> None:
    rows = (row(2, external_id="1", phone=ADA), row(3, external_id="1", phone=BEN), row(4, external_id="2", phone=ADA))
    with storage.transaction() as t:
        for part in [rows] if together else [(one,) for one in rows]:
            events = keep(t, *part)
        owners = t.people.by_identifiers([("phone", ADA), ("phone", BEN), ("external_id", "1"), ("external_id", "2")])

    first, again, other = (event.payload["customer"] for event in events)
    assert first == again != other
    assert [event.payload["identifiers"] for event in events] == [[], ["phone"], []]
    assert owners == {
        ("phone", ADA): other,
        ("phone", BEN): first,
        ("external_id", "1"): first,
        ("external_id", "2"): other,
    }


def test_a_row_that_cannot_be_kept_is_told_and_leaves_the_others(storage: Storage) -> None:
    with storage.transaction() as t:
        keep(t, row(2, external_id="1"), row(3, phone=ADA))
        lacking = ready(Given(5, {"phone": BEN}, {}, ("amount_due",)))
        rows = [row(4, external_id="1", phone=ADA), lacking, row(6, phone=EVE)]
        problems = keep_upload(t, BOOK.campaign, "u1", rows, NOW)
        kept = [row_of(event.key) for event in t.inbox.waiting(9)]

    assert [(problem.row, problem.field) for problem in problems] == [(4, "phone"), (5, "amount_due")]
    assert kept == [2, 3, 6]


def test_a_request_that_comes_again_finds_its_rows(storage: Storage) -> None:
    givens = [Given(number, {"external_id": str(number)}, {}) for number in (1, 2)]
    with storage.transaction() as t:
        first = keep_participants(t, BOOK.campaign, givens[:1], source="api", repeat="r", now=NOW)
        again = keep_participants(t, BOOK.campaign, givens, source="api", repeat="r", now=NOW)

        assert again.rows[:1] == first.rows
        assert len({row.event for row in again.rows}) == len(t.inbox.waiting(9)) == 2
