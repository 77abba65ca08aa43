"""The books count everything, and find whatever does not fit together."""

import pytest
from sqlalchemy import text

from storage.books import Books
from storage.database import Storage
from storage.values import About
from tests.storage.dump import released
from tests.storage.rows import NOON, communication, customer, event, message, owe, participant, run, timer

DONE_WITHOUT_END = "messages are done and nobody knows how they ended"
BROKEN = {
    "UPDATE inbox SET state = 'lost' WHERE id = 1": "events are in a state that does not exist",
    "DELETE FROM decision WHERE event = 1": "decided events have no decision",
    "UPDATE inbox SET state = 'waiting' WHERE id = 1": "decisions are of no event that is decided",
    "DELETE FROM inbox WHERE id = 1": "decisions are of no event that is decided",
    "UPDATE outbox SET state = 'lost'": "messages are owed in a state that does not exist",
    "UPDATE message SET direction = 'in' WHERE id = 'm1'": "messages are owed that do not exist",
    "DELETE FROM outbox": "messages to go out were neither owed nor canceled",
    "DELETE FROM communication": "messages are of communications that do not exist",
    "DELETE FROM customer": "participants are of customers that do not exist",
    "DELETE FROM participant": "communications go on with participants that do not exist",
    "UPDATE communication SET customer = 'nobody'": "communications are of customers that do not exist",
    "UPDATE outbox SET state = 'done'": DONE_WITHOUT_END,
    "UPDATE timer SET fired = true": "timers have fired and no event tells of it",
    "DELETE FROM timer": "paths wait for a time that will not come",
    "UPDATE run SET participant = 'nobody'": "paths are of participants that do not exist",
    "UPDATE run SET call = 'none'": "paths wait for an answer that will not come",
    "UPDATE identifier SET customer = 'nobody'": "identifiers are of customers that do not exist",
}


@pytest.fixture
def kept(storage: Storage) -> Storage:
    """A little of everything."""
    with storage.transaction() as t:
        t.people.add_customers([customer()])
        t.people.add_identifiers([{"kind": "phone", "value": "+4915100001", "customer": "c1"}])
        t.people.add_participants([participant()])
        t.communications.add([communication("talk")])
        (number,) = t.inbox.keep([event("a")])
        assert number == 1
        t.decisions.add([{"event": 1, "applied": "applied", "decided_at": NOON}])
        t.inbox.decided([1], NOON)
        t.messages.add([message("m0", direction="in")])
        owe(t, message("m1", communication="talk"))
        t.runs.add([run("r1")])
        t.timers.set([timer("r1", "wait")])
    return storage


def test_the_books_of_an_empty_database_balance(storage: Storage) -> None:
    assert storage.books() == Books({}, 0, {}, {}, 0, {})


def test_the_books_count_what_is_there(kept: Storage) -> None:
    with kept.transaction() as t:
        t.inbox.keep([event("b"), event("c"), event("d")])
        t.inbox.park(3, "why", NOON)
    books = kept.books()

    assert books == Books({"decided": 1, "parked": 1, "waiting": 2}, 1, {"queued": 1}, {"": 1}, 1, {})
    assert (books.accepted, books.open_events, books.open_messages, books.balance) == (4, 2, 1, True)
    assert books.lines() == [
        "events accepted            4  = 1 decided + 2 waiting + 0 held + 1 parked + 0 dropped",
        "decisions                  1",
        "messages owed              1  = 0 done + 1 queued + 0 sending + 0 unknown",
        "messages out               1  = 1 no word yet",
        "messages in                1",
        "the books balance",
    ]


@pytest.mark.parametrize(("breakage", "sentence"), BROKEN.items())
def test_whatever_does_not_fit_together_is_found(kept: Storage, breakage: str, sentence: str) -> None:
    with kept._writing.begin() as connection:
        connection.execute(text(breakage))
    books = kept.books()

    assert books.faults.get(sentence) == 1
    assert not books.balance
    assert books.lines()[-2:] == [f"wrong: 1 {list(books.faults)[-1]}", "the books do not balance"]


@pytest.mark.parametrize(
    ("key", "state", "balance"),
    [
        ("timer:r1:wait", "waiting", True),
        ("timer:r1:wait", "held", True),
        ("timer:r1:wait", "parked", True),
        ("timer:r1:wait", "dropped", False),
        ("timer:r1:wait:2", "parked", True),
        ("timer:r1:waits", "waiting", False),
        ("timer:r2:wait", "waiting", False),
    ],
)
def test_a_timer_that_fired_is_told_by_its_event_that_may_still_be_decided(
    kept: Storage, key: str, state: str, balance: bool
) -> None:
    with kept._writing.begin() as connection:
        connection.execute(text("UPDATE timer SET fired = true"))
    with kept.transaction() as t:
        t.inbox.keep([event(key, About("lane", timer("r1", "wait")["lane"]), kind="timer")])
    with kept._writing.begin() as connection:
        connection.execute(text("UPDATE inbox SET state = :state WHERE kind = 'timer'"), {"state": state})

    assert kept.books().balance is balance


def test_an_outcome_may_be_on_its_way(kept: Storage) -> None:
    with kept.transaction() as t:
        t.inbox.keep([event("send:m1", kind="receipt")])
        t.outbox.done("m1")

    assert kept.books().balance


def test_a_request_needs_no_decision_for_it_is_replaced_by_what_it_says(kept: Storage) -> None:
    with kept.transaction() as t:
        (number,) = t.inbox.keep([event("q", kind="request")])
        assert number
        t.inbox.decided([number], NOON)

    assert kept.books().balance


def test_the_books_of_an_earlier_release_can_be_read_before_it_is_upgraded(empty_url: str) -> None:
    storage = Storage(empty_url)
    with storage._writing.begin() as connection:
        released()[0].build(connection)

    assert storage.books().balance
    storage.close()
