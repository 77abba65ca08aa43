"""Every event is kept exactly once and found again in the order it came."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import Storage
from storage.values import SHARDS, About, WaitingEvent, shard_of
from tests.storage.rows import NOON, customer, event, message

SHARED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KEYS = st.lists(st.sampled_from("abcdefgh"), max_size=12)


def lanes(storage: Storage) -> list[str]:
    with storage.reading() as transaction:
        return [waiting.lane for waiting in transaction.inbox.waiting(100)]


def test_a_kept_event_waits_with_all_it_was_given(storage: Storage) -> None:
    with storage.transaction() as transaction:
        (number,) = transaction.inbox.keep([event("k1", text="Grüße \ud83d", parts=[1, None])])
    with storage.reading() as transaction:
        (waiting,) = transaction.inbox.waiting(10)

    payload = {"text": "Grüße \ud83d", "parts": [1, None]}
    assert waiting == WaitingEvent(number or 0, "k1", "message", "someone", payload, 0, NOON)


def test_of_events_that_are_all_to_be_kept_none_is_lost_and_each_gets_the_next_key_in_turn(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for keys in ("ab", "a", "baa"):
            transaction.inbox.keep_all([event(key) for key in keys])
        kept = [waiting.key for waiting in transaction.inbox.waiting(10)]

    assert kept == ["a", "b", "a:2", "b:2", "a:3", "a:4"]


@SHARED
@given(batches=st.lists(KEYS, max_size=5))
def test_whatever_is_repeated_each_key_is_kept_once_in_the_order_of_first_arrival(
    storage: Storage, batches: list[list[str]]
) -> None:
    with storage.transaction() as transaction:
        before = len(transaction.inbox.waiting(1_000))
        numbers = [transaction.inbox.keep([event(f"{before}{key}") for key in batch]) for batch in batches]
        waiting = transaction.inbox.waiting(1_000)[before:]

    arrived = dict.fromkeys(f"{before}{key}" for batch in batches for key in batch)
    assert [row.key for row in waiting] == list(arrived)
    assert [number for batch in numbers for number in batch if number] == [row.id for row in waiting]
    assert [len(batch) for batch in numbers] == [len(batch) for batch in batches]


def test_a_large_batch_is_numbered_in_the_order_given(storage: Storage) -> None:
    with storage.transaction() as transaction:
        numbers = transaction.inbox.keep([event(f"k{n}", About("phone", str(n))) for n in range(6_000)])

    assert list(numbers) == sorted(number for number in numbers if number)


@pytest.mark.parametrize(
    ("about", "lane"),
    [
        (About("lane", "anything"), "anything"),
        (About("customer", "c1"), "lane-c1"),
        (About("message", "m1"), "lane-c1"),
        (About("provider", "sms/SM1"), "lane-c1"),
        (About("phone", "+4915100001"), "lane-c1"),
        (About("customer", "c9"), "customer:c9"),
        (About("message", "to-nobody"), "message:to-nobody"),
        (About("provider", "slack/SM1"), "provider:slack/SM1"),
        (About("provider", "SM1"), "provider:SM1"),
        (About("provider", "sms/"), "provider:sms/"),
        (About("email", "+4915100001"), "email:+4915100001"),
    ],
)
def test_an_event_goes_to_the_lane_of_the_customer_it_is_about(storage: Storage, about: About, lane: str) -> None:
    with storage.transaction() as transaction:
        transaction.people.add_customers([customer("c1")])
        transaction.people.add_identifiers([{"kind": "phone", "value": "+4915100001", "customer": "c1"}])
        transaction.messages.add(
            [message("m1", customer="c1", provider_id="SM1"), message("to-nobody"), message("owed", customer="c1")]
        )
        transaction.inbox.keep([event("other", About("phone", "+490")), event("k", about)])

    assert lanes(storage) == ["phone:+490", lane]


def test_the_shard_of_a_lane_never_changes() -> None:
    assert SHARDS == 256
    assert [shard_of(lane) for lane in ("", "lane-c1", "phone:+4915100001")] == [0, 224, 193]


def test_events_are_chosen_by_kind_and_shard(storage: Storage) -> None:
    with storage.transaction() as transaction:
        inbox = transaction.inbox
        inbox.keep([event("a", kind="upload"), event("b", About("lane", "x")), event("c", About("lane", "y"))])

        assert [row.key for row in inbox.waiting(10, exclude=["upload"])] == ["b", "c"]
        assert [row.key for row in inbox.waiting(10, include=["upload", "timer"])] == ["a"]
        assert [row.key for row in inbox.waiting(10, shards=[shard_of("y")])] == ["c"]
        assert inbox.waiting(10, shards=[]) == []
        assert [row.key for row in inbox.waiting(2)] == ["a", "b"]


def test_decided_and_parked_events_wait_no_longer_and_block_nothing(storage: Storage) -> None:
    with storage.transaction() as transaction:
        inbox = transaction.inbox
        first, second, third = [number or 0 for number in inbox.keep([event("a"), event("b"), event("c")])]
        inbox.attempted(first, "boom")
        inbox.attempted(first, "boom again")
        assert [row.attempts for row in inbox.waiting(10)] == [2, 0, 0]

        inbox.park(first, "boom for the third time", NOON)
        inbox.decided([second], NOON)

        assert inbox.states([first, second, third, 999]) == {first: "parked", second: "decided", third: "waiting"}
        assert [row.key for row in inbox.waiting(10)] == ["c"]
        assert inbox.waiting_count() == 1


def test_the_latest_time_is_that_of_the_event_kept_last(storage: Storage) -> None:
    later = NOON + timedelta(microseconds=1)
    with storage.transaction() as transaction:
        assert transaction.inbox.latest_time() is None
        transaction.inbox.keep([event("a")])
        first = event("b")
        transaction.inbox.keep([type(first)("b", "timer", first.about, {}, later)])
        assert transaction.inbox.latest_time() == later


def test_what_is_undecided_in_a_lane_is_found_by_kind(storage: Storage) -> None:
    x, y = About("lane", "x"), About("lane", "y")
    with storage.transaction() as transaction:
        inbox = transaction.inbox
        kept = inbox.keep([event("a", x), event("b", x, "timer"), event("c", y), event("d", x), event("e", x)])
        numbers = [number or 0 for number in kept]
        inbox.decided([numbers[3]], NOON)
        inbox.hold([numbers[4]])

        assert sorted(row.key for row in inbox.undecided_in(["x"], "message")) == ["a", "e"]
        assert inbox.undecided_in([], "message") == []


def test_what_came_back_to_its_lane_since_others_were_read_goes_before_them(storage: Storage) -> None:
    ada, ben = About("lane", "ada"), About("lane", "ben")
    with storage.transaction() as transaction:
        events = [
            event("a1", ada),
            event("a2", ada),
            event("b1", ben),
            event("r1", ada, kind="request"),
            event("a3", ada),
        ]
        first, _, _, _, last = transaction.inbox.keep(events)
        assert first is not None
        transaction.inbox.hold([first])
        read = transaction.inbox.waiting(10, exclude=("request",))
        assert [one.key for one in transaction.inbox.in_turn(read, ("request",))] == ["a2", "b1", "a3"]
        transaction.inbox.release()
        assert [one.key for one in transaction.inbox.in_turn(read, ("request",))] == ["b1"]
        again = transaction.inbox.waiting(10, exclude=("request",))
        assert [one.key for one in transaction.inbox.in_turn(again, ("request",))] == ["a1", "a2", "b1", "a3"]
        transaction.inbox.decided([first], NOON)
        assert [one.key for one in transaction.inbox.in_turn(read[2:], ("request",))] == []
        assert [one.id for one in transaction.inbox.in_turn(read, ())][-1] != last
        assert transaction.inbox.in_turn([]) == []
