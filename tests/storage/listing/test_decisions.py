"""Decisions are read a page at a time, the latest decision first."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from storage.database import Storage
from storage.listing.decisions import DecisionList, DecisionsWanted, looked_through
from storage.listing.pages import Key
from storage.values import Row
from tests.storage.listing.plans import costly_steps
from tests.storage.listing.test_plans import EARLY, LATE, large  # noqa: F401 - a fixture
from tests.storage.rows import NOON, event

EVENTS = 23
KINDS = ("message", "timer", "receipt")


def keep(storage: Storage) -> list[Row]:
    """Decisions on events of several kinds and customers, one a minute; the rows, the latest first."""
    with storage.transaction() as t:
        numbers = t.inbox.keep([event(f"k{n}", kind=KINDS[n % 3]) for n in range(EVENTS)])
        rows = [
            {
                "event": number,
                "customer": f"c{n % 2}",
                "applied": "updated",
                "log": [{"campaign": "spring", "note": str(n)}],
                "decided_at": NOON + timedelta(minutes=n),
            }
            for n, number in enumerate(numbers)
        ]
        t.decisions.add(rows)
    return [{**row, "kind": KINDS[n % 3], "received_at": NOON} for n, row in enumerate(rows)][::-1]


def pages(storage: Storage, wanted: DecisionsWanted, limit: int, window: int) -> Iterator[list[Row]]:
    after: Key | None = None
    while True:
        with storage.reading() as t:
            page = DecisionList(t.lists.decisions._connection, window).page(wanted, after, limit)
        assert len(page.rows) <= limit
        yield page.rows
        if (after := page.next) is None:
            return


def read_all(storage: Storage, wanted: DecisionsWanted, limit: int, window: int) -> list[Row]:
    return [row for rows in pages(storage, wanted, limit, window) for row in rows]


@pytest.mark.parametrize(("limit", "window"), [(1, 4), (7, 4), (7, 7), (3, 1_000), (100, 1_000)])
def test_all_pages_together_are_what_is_wanted_whatever_is_looked_through(
    storage: Storage, limit: int, window: int
) -> None:
    kept = keep(storage)
    since, until = NOON + timedelta(minutes=5), NOON + timedelta(minutes=15)
    wanted: list[tuple[dict[str, Any], Any]] = [
        ({}, lambda row: True),
        ({"customer": "c1"}, lambda row: row["customer"] == "c1"),
        ({"kind": "timer"}, lambda row: row["kind"] == "timer"),
        ({"since": since, "until": until}, lambda row: since <= row["decided_at"] < until),
        ({"since": since, "customer": "c0"}, lambda row: since <= row["decided_at"] and row["customer"] == "c0"),
        ({"until": until, "kind": "timer"}, lambda row: row["decided_at"] < until and row["kind"] == "timer"),
    ]
    for filters, passes in wanted:
        found = read_all(storage, DecisionsWanted(**filters), limit, window)
        assert found == [row for row in kept if passes(row)]


@pytest.mark.parametrize(("minute", "looked_at"), [(EVENTS, 1), (EVENTS - 1, 1), (EVENTS - 6, 2), (0, 6)])
def test_no_decision_before_the_time_that_is_wanted_is_looked_at(storage: Storage, minute: int, looked_at: int) -> None:
    keep(storage)
    wanted = DecisionsWanted(since=NOON + timedelta(minutes=minute))
    assert len(list(pages(storage, wanted, 4, 4))) == looked_at


def test_what_was_decided_long_after_it_came_is_found_by_when_it_was_decided(storage: Storage) -> None:
    later = NOON + timedelta(days=1)
    with storage.transaction() as t:
        (parked,) = t.inbox.keep([event("parked")])
        t.decisions.add([{"event": parked, "customer": "c1", "applied": "updated", "log": [], "decided_at": later}])
    kept = keep(storage)

    assert numbers(read_all(storage, DecisionsWanted(), 5, 5)) == [parked, *numbers(kept)]
    assert numbers(read_all(storage, DecisionsWanted(since=later), 5, 5)) == [parked]
    assert numbers(read_all(storage, DecisionsWanted(until=later), 5, 5)) == numbers(kept)


def numbers(rows: list[Row]) -> list[int]:
    return [row["event"] for row in rows]


@pytest.mark.parametrize("customer", ["", "c1"])
@pytest.mark.parametrize("after", [None, (LATE, 3000)])
@pytest.mark.parametrize("span", [{}, {"since": EARLY}, {"until": LATE}, {"since": EARLY, "until": LATE}], ids=str)
def test_no_page_needs_a_whole_table(
    large: Storage,  # noqa: F811
    customer: str,
    after: Key | None,
    span: dict[str, Any],
) -> None:
    query = looked_through(DecisionsWanted(customer=customer, **span), after, 20)
    with large._reading.connect() as connection:
        assert costly_steps(connection, query) == []
