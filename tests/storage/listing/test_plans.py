"""No page of any list takes the longer the more rows there are: whatever it is filtered by, an index leads to it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import MISSING, fields, replace
from datetime import timedelta
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, select

from storage.database import Storage
from storage.deliveries import DELIVERIES, claimable
from storage.listing import customers, deliveries, opt_outs, upload_failures, uploads
from storage.listing.communications import CommunicationsWanted
from storage.listing.events import DECISIONS, INBOX, EventsWanted
from storage.listing.messages import MessagesWanted
from storage.listing.pages import Key, Walk
from storage.listing.participants import ParticipantsWanted
from storage.messages import IN_THREAD, MESSAGES
from storage.types import EPOCH
from tests.conftest import DATABASES, prepared_file
from tests.databases import PostgresServer
from tests.storage.listing.large import ROWS, fill
from tests.storage.listing.plans import costly_steps

EARLY, LATE = (EPOCH + timedelta(microseconds=n) for n in (ROWS // 10, ROWS * 9 // 10))
BY_TIME, BY_ID, BY_NUMBER = (EPOCH + timedelta(microseconds=3000), "m3000"), ("p3000",), (3000,)


FILTERS: dict[type[Any], dict[str, Any]] = {
    ParticipantsWanted: {
        "campaign": "campaign1",
        "customer": "c1",
        "outcome": "paid",
        "entered": True,
        "updated_since": EARLY,
    },
    CommunicationsWanted: {
        "campaign": "campaign1",
        "participant": "p1",
        "customer": "c1",
        "status": "failed",
        "flow": "f",
        "node": "f.n",
        "channel": "sms",
        "since": EARLY,
        "until": LATE,
    },
    MessagesWanted: {
        "campaign": "campaign1",
        "customer": "c1",
        "communication": "t1",
        "channel": "sms",
        "direction": "in",
        "status": "failed",
        "sessions": True,
        "since": EARLY,
        "until": LATE,
    },
    EventsWanted: {"state": "parked", "kind": "message", "customer": "c1"},
}


def all_of(wanted: type[Any]) -> Iterator[tuple[str, Walk]]:
    """The walk for each combination of its filters, with its name."""
    filters = FILTERS[wanted]
    always = [one.name for one in fields(wanted) if one.default is MISSING]
    free = [name for name in filters if name not in always]
    for names in chain.from_iterable(combinations(free, count) for count in range(len(free) + 1)):
        given = {name: filters[name] for name in (*always, *names)}
        yield f"{wanted.__name__}:{'+'.join(names)}", replace(wanted(**given).walk, window=100)


def starts(walk: Walk) -> Sequence[Key | None]:
    """Where pages of it begin."""
    of_numbers = walk.columns[0].table in (INBOX, DECISIONS)
    return (None, BY_NUMBER if of_numbers else BY_TIME if len(walk.order) > 1 else BY_ID)


WALKS: dict[str, tuple[Walk, Sequence[Key | None]]] = {
    "customers": (customers.walk(), (None, ("c3000",))),
    "opt-outs": (opt_outs.walk(), (None, ("sms1", "+493"))),
    "opt-outs:channel": (opt_outs.walk("sms1"), (None, ("+493",))),
    "deliveries": (deliveries.walk("hook1"), (None, (LATE, 3000))),
    "deliveries:state": (replace(deliveries.walk("hook1", state="failed"), window=100), (None, (LATE, 3000))),
    "deliveries:kind": (replace(deliveries.walk("hook1", kind="k"), window=100), (None, (LATE, 3000))),
    "upload failures": (upload_failures.walk("u1"), (None, (3000, 3000))),
    "uploads": (uploads.walk("campaign1"), (None, (LATE, "u3000"))),
    "uploads:status": (replace(uploads.walk("campaign1", "failed"), window=100), (None, (LATE, "u3000"))),
    **{f"events:{state}": (EventsWanted(state=state).walk, (None, BY_NUMBER)) for state in ("waiting", "held")},
    **{name: (walk, starts(walk)) for wanted in FILTERS for name, walk in all_of(wanted)},
}


@pytest.fixture(scope="module", params=DATABASES)
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Storage with thousands of rows in each table, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("large")
        with closing(filled(prepared_file(path / "pointsman.db"))) as storage:
            yield storage
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database(request.getfixturevalue("prepared")) as url, closing(filled(url)) as storage:
        yield storage


def filled(url: str) -> Storage:
    storage = Storage(url)
    with storage._writing.begin() as connection:
        fill(connection)
    return storage


def asked(walk: Walk, after: Key | None) -> Sequence[Select[Any]]:
    """All that a page may ask."""
    return [walk.query(after, 20), *([walk.end(after)] if walk.only and not walk.gathered else [])]


@pytest.mark.parametrize("noun", dict.fromkeys(name.partition(":")[0] for name in WALKS))
def test_no_page_needs_a_whole_table(large: Storage, noun: str) -> None:
    walks = {name: pair for name, pair in WALKS.items() if name.partition(":")[0] == noun}
    with large._reading.connect() as connection:
        costly = {
            (name, after): [step for query in asked(walk, after) for step in costly_steps(connection, query)]
            for name, (walk, starts) in walks.items()
            for after in starts
        }

    assert {place: steps for place, steps in costly.items() if steps} == {}


@pytest.mark.parametrize("wanted", FILTERS)
def test_each_filter_that_there_is_was_looked_at(wanted: type[Any]) -> None:
    assert {one.name for one in fields(wanted)} == set(FILTERS[wanted])


def test_what_was_said_in_a_thread_is_found_by_it(large: Storage) -> None:
    query = select(MESSAGES.c.channel).where(IN_THREAD, MESSAGES.c.thread.in_(["C1:1", "C1:2"]))
    with large._reading.connect() as connection:
        assert costly_steps(connection, query) == []


def test_what_a_hook_is_owed_is_found_past_all_that_it_was_told(large: Storage) -> None:
    due = claimable("hook1").where(DELIVERIES.c.next_at <= LATE).limit(5)
    with large._reading.connect() as connection:
        assert costly_steps(connection, due) == []


def test_a_page_of_rare_rows_looks_through_a_bounded_number_of_rows(large: Storage) -> None:
    walk = replace(MessagesWanted(campaign="campaign1", status="read").walk, window=1_500)
    with large._reading.connect() as connection:
        first = walk.page(connection, None, 100)
        second = walk.page(connection, first.next, 100)

    assert first.rows == second.rows == []
    assert first.next == (EPOCH + timedelta(microseconds=1501), "m1501")
    assert second.next is None


@pytest.mark.parametrize(
    ("walk", "expected"),
    [
        (CommunicationsWanted(status="failed").walk, {f"t{n}" for n in range(10, ROWS + 1, 10)}),
        (MessagesWanted(campaign="campaign1", status="failed").walk, {f"m{n}" for n in range(100, ROWS + 1, 300)}),
        (ParticipantsWanted(campaign="campaign0", outcome="paid").walk, {f"p{n}" for n in range(30, ROWS + 1, 30)}),
        (MessagesWanted(customer="c2").walk, {f"m{n}" for n in range(18, 27)}),
        (EventsWanted(customer="c2").walk, {*range(18, 27)}),
    ],
    ids=["communications", "messages", "participants", "customer", "events"],
)
@pytest.mark.parametrize("window", [64, 5_000])
def test_all_pages_together_hold_each_row_once(large: Storage, walk: Walk, window: int, expected: set[Any]) -> None:
    walk = replace(walk, window=window)
    found: list[Any] = []
    after: Key | None = None
    with large._reading.connect() as connection:
        while True:
            page = walk.page(connection, after, 40)
            found += [row["id"] for row in page.rows]
            if (after := page.next) is None:
                break

    assert len(found) == len(set(found))
    assert set(found) == expected
