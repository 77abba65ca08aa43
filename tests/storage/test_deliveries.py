"""What hooks are owed: claimed in order, ended once, sent again after a crash; and since when one is in trouble."""

from datetime import timedelta

import pytest

from storage.database import Storage
from storage.transaction import Transaction
from storage.values import Row
from tests.storage.rows import NOON, SECOND

DAY = timedelta(days=1)


def delivery(id: str, hook: str = "crm", **more: object) -> Row:
    row: Row = {"id": id, "hook": hook, "kind": "event.parked", "customer": "", "payload": {"event": 1}}
    return row | {"created_at": NOON, "next_at": NOON} | more


def claimed(t: Transaction, limit: int = 9, hook: str = "crm") -> list[str]:
    return [one.id for one in t.deliveries.claim(hook, NOON, limit)]


def states(t: Transaction) -> dict[str, str]:
    return {row["id"]: row["state"] for row in t.lists.deliveries.page("crm", None, 99).rows}


def test_what_happened_first_is_claimed_first_of_its_hook_only(storage: Storage) -> None:
    with storage.transaction() as t:
        t.deliveries.owe([delivery("d1"), delivery("d2", "shop"), delivery("d3"), delivery("d4")])

        assert (claimed(t, 2), claimed(t)) == (["d1", "d3"], ["d4"])
        assert t.deliveries.next_due("crm") is None
        assert t.deliveries.sending_count() == 3


def test_a_retry_comes_when_it_is_due_and_counts(storage: Storage) -> None:
    with storage.transaction() as t:
        t.deliveries.owe([delivery("d1"), delivery("d2")])
        claimed(t, 1)
        t.deliveries.retry("d1", "crm answered 500", NOON + SECOND)

        assert (claimed(t), t.deliveries.next_due("crm")) == (["d2"], NOON + SECOND)
        (again,) = t.deliveries.claim("crm", NOON + SECOND, 9)
        assert (again.id, again.attempts, again.payload) == ("d1", 1, {"event": 1})


@pytest.mark.parametrize(("ended", "state"), [("delivered", "delivered"), ("failed", "failed")])
def test_what_has_ended_is_not_owed_and_ends_once(storage: Storage, ended: str, state: str) -> None:
    with storage.transaction() as t:
        t.deliveries.owe([delivery("d1")])
        claimed(t)
        if ended == "delivered":
            t.deliveries.delivered("d1", NOON)
        else:
            t.deliveries.failed("d1", "crm answered 400", NOON)
        t.deliveries.retry("d1", "crm answered 500", NOON)

        assert (states(t), claimed(t), t.deliveries.open_counts(["crm"])) == ({"d1": state}, [], {})


def test_what_was_being_sent_at_a_crash_is_owed_again_but_for_what_is_being_sent(storage: Storage) -> None:
    with storage.transaction() as t:
        t.deliveries.owe([delivery("d1"), delivery("d2"), delivery("d3", "shop")])
        claimed(t)
        claimed(t, hook="shop")

        assert t.deliveries.recover(["crm"], except_for=["d2"]) == 1
        assert states(t) == {"d1": "owed", "d2": "sending"}


def test_what_is_sent_anew_counts_from_the_beginning_and_what_is_being_sent_is_left_alone(storage: Storage) -> None:
    with storage.transaction() as t:
        t.deliveries.owe([delivery("d1"), delivery("d2"), delivery("d3", payload={})])
        claimed(t)
        t.deliveries.failed("d1", "crm answered 400", NOON)
        t.deliveries.failed("d3", "erased", NOON)
        t.deliveries.again("crm", "d2", NOON + SECOND)

        assert t.deliveries.failed_again("crm", NOON + SECOND) == 1
        assert states(t) == {"d1": "owed", "d2": "sending", "d3": "failed"}
        (again,) = t.deliveries.claim("crm", NOON + SECOND, 9)
        assert (again.id, again.attempts) == ("d1", 0)


def test_what_waits_is_due_now_in_the_order_in_which_it_happened(storage: Storage) -> None:
    with storage.transaction() as t:
        t.deliveries.owe([delivery("d1", next_at=NOON + DAY), delivery("d2"), delivery("d3", next_at=NOON + SECOND)])
        t.deliveries.due_now("crm", NOON)

        assert claimed(t) == ["d1", "d2", "d3"]


def test_what_is_old_is_forgotten_a_few_at_a_time_but_for_what_is_being_sent(storage: Storage) -> None:
    with storage.transaction() as t:
        t.deliveries.owe([delivery(f"d{number}") for number in range(5)] + [delivery("new", created_at=NOON + DAY)])
        claimed(t, 2)
        t.deliveries.delivered("d0", NOON)

        first, second = t.deliveries.forget(NOON + SECOND, 3), t.deliveries.forget(NOON + SECOND, 3)
        assert (first.all, second.all, first.owed + second.owed) == (3, 1, 3)
        assert states(t) == {"d1": "sending", "new": "owed"}


def test_failures_follow_one_another_unless_there_is_a_gap(storage: Storage) -> None:
    with storage.transaction() as t:
        for at, since in ((NOON, NOON), (NOON + DAY, NOON), (NOON + 2 * DAY, NOON), (NOON + 4 * DAY, NOON + 4 * DAY)):
            assert t.hook_troubles.failed("crm", "crm answered 500", at, DAY) == since


def test_a_hook_is_disabled_once_and_well_again(storage: Storage) -> None:
    with storage.transaction() as t:
        assert not t.hook_troubles.disable("crm", NOON)
        t.hook_troubles.failed("crm", "crm answered 500", NOON, DAY)

        assert [t.hook_troubles.disable("crm", NOON + SECOND) for _ in range(2)] == [True, False]
        assert t.hook_troubles.all()["crm"]["disabled_at"] == NOON + SECOND
        t.hook_troubles.is_well("crm")
        assert t.hook_troubles.all() == {}
