"""A call is asked in its turn and at least once; its answer is told once, when its campaign runs."""

from typing import Any

import pytest
from sqlalchemy import select

from storage.calls import CALLS
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import AnsweredCall, OwedCall, Row
from tests.storage.rows import NOON, SECOND

CRM = ("webhook", "crm")


def call(id: str, subject: str = "r1", target: str = "crm", **other: Any) -> Row:
    known = {"lane": "lane-c1", "customer": "c1", "campaign": "spring", "body": {"call": id}, "held": True}
    return {"id": id, "kind": "webhook", "target": target, "subject": subject, "next_at": NOON} | known | other


def claimed(transaction: Transaction, limit: int = 9, target: tuple[str, str] = CRM) -> list[str]:
    return [owed.id for owed in transaction.calls.claim(NOON, limit, *target)]


def told(transaction: Transaction) -> list[str]:
    return [answered.id for answered in transaction.calls.take_answered(9)]


def run_campaign(transaction: Transaction, status: str = "active") -> None:
    transaction.campaigns.ensure("spring")
    transaction.campaigns.set_status("spring", status, NOON)


def test_a_call_is_claimed_once_with_all_it_was_given(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.calls.place([call("k1"), call("k2", "r2", next_at=NOON + SECOND)])

        assert transaction.calls.claim(NOON, 9, *CRM) == [OwedCall("k1", *CRM, "r1", {"call": "k1"}, 0)]
        assert transaction.calls.claim(NOON, 9, *CRM) == []
        assert transaction.calls.next_due(*CRM) == NOON + SECOND
        assert transaction.calls.asking_count() == 1


def test_a_call_that_is_placed_again_counts_once(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.calls.place([call("k1"), call("k2", "r2")])
        transaction.calls.place([call("k1", "r3")])
        transaction.calls.place([])

        assert claimed(transaction) == ["k1", "k2"]


def test_the_calls_of_one_subject_are_asked_in_order_and_hold_up_no_other_subject(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.calls.place([call("k1"), call("k2"), call("k3", "r2"), call("k4", target="shop")])

        assert claimed(transaction) == ["k1", "k3"]
        transaction.calls.retry("k1", NOON + SECOND)
        assert claimed(transaction) == []
        assert claimed(transaction, target=("webhook", "shop")) == []
        transaction.calls.answered("k3", {}, "")
        assert [owed.attempts for owed in transaction.calls.claim(NOON + SECOND, 9, *CRM)] == [1]


def test_the_next_call_of_a_subject_waits_until_the_answer_before_it_was_told(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.calls.place([call("k1"), call("k2")])
        claimed(transaction)
        transaction.calls.answered("k1", {"fields": {}}, "")

        assert (told(transaction), claimed(transaction)) == ([], [])
        run_campaign(transaction)
        assert (told(transaction), claimed(transaction)) == (["k1"], ["k2"])


def test_who_is_owed_a_call_is_known_by_name(storage: Storage) -> None:
    with storage.transaction() as transaction:
        python = call("k4", "r4", "scoring.rate", kind="python")
        transaction.calls.place([call("k1", target="shop"), call("k2", "r2"), call("k3", "r3"), python])

        assert transaction.calls.targets() == [("python", "scoring.rate"), CRM, ("webhook", "shop")]
        claimed(transaction)
        assert transaction.calls.targets() == [("python", "scoring.rate"), ("webhook", "shop")]
        assert transaction.calls.next_due(*CRM) is None


def test_no_more_is_claimed_than_there_is_room_for_and_the_longest_due_goes_first(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.calls.place([call(f"k{n}", f"r{n}", next_at=NOON - n * SECOND) for n in range(5)])

        assert (claimed(transaction, 2), claimed(transaction, 9)) == (["k4", "k3"], ["k2", "k1", "k0"])


@pytest.mark.parametrize(
    ("answer", "error"),
    [({"fields": {"a": 1.5}, "outcome": "ok", "text": "Grüße \x00 \ud83d"}, ""), (None, "crm answered 404"), ({}, "")],
)
def test_an_answer_is_told_once_with_all_that_came_back(storage: Storage, answer: Row | None, error: str) -> None:
    with storage.transaction() as transaction:
        transaction.calls.place([call("k1", held=False)])
        claimed(transaction)
        transaction.calls.answered("k1", answer, error)

        assert transaction.calls.any_tellable()
        whole = AnsweredCall("k1", "r1", "lane-c1", "c1", "spring", False, answer, error)
        assert transaction.calls.take_answered(9) == [whole]
        assert transaction.calls.take_answered(9) == []
        assert transaction.calls.states(["k1", "k2"]) == {"k1": "done"}


def test_a_held_answer_waits_until_its_campaign_runs_and_so_does_one_that_came_too_late(storage: Storage) -> None:
    with storage.transaction() as transaction:
        run_campaign(transaction, "inactive")
        transaction.calls.place([call("k1"), call("k2", "r2", held=False)])
        for id in claimed(transaction):
            transaction.calls.answered(id, {}, "")

        assert told(transaction) == ["k2"]
        run_campaign(transaction)
        assert told(transaction) == ["k1"]
        run_campaign(transaction, "inactive")
        transaction.calls.untell({"k1": {"outcome": "paid"}})
        assert (told(transaction), transaction.calls.any_tellable()) == ([], False)
        run_campaign(transaction)
        assert [answered.answer for answered in transaction.calls.take_answered(9)] == [{"outcome": "paid"}]


def test_what_was_being_asked_at_a_crash_is_asked_again_and_no_try_is_counted(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.calls.place([call("k1"), call("k2", "r2"), call("k3", "r3")])
        claimed(transaction, 2)

        assert transaction.calls.recover(except_for=["k2"]) == 1
        assert [(owed.id, owed.attempts) for owed in transaction.calls.claim(NOON, 9, *CRM)] == [("k1", 0), ("k3", 0)]


def test_a_call_that_nobody_asks_any_more_cannot_be_answered(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.calls.place([call("k1")])
        transaction.calls.answered("k1", {}, "")
        transaction.calls.retry("k1", NOON + SECOND)

        assert transaction.calls.states(["k1"]) == {"k1": "owed"}
        assert claimed(transaction) == ["k1"]


def test_what_was_asked_and_answered_is_kept_no_longer_than_it_is_needed(storage: Storage) -> None:
    with storage.transaction() as transaction:
        run_campaign(transaction)
        transaction.calls.place([call("k1"), call("k2", "r2")])
        assert (claimed(transaction, 1), transaction.calls.open_count()) == (["k1"], 2)
        transaction.calls.answered("k1", {"fields": {"name": "Ada"}}, "")
        assert kept(transaction) == {"k1": ({}, {"fields": {"name": "Ada"}}), "k2": ({"call": "k2"}, None)}

        assert (told(transaction), transaction.calls.open_count()) == (["k1"], 1)
        assert kept(transaction)["k1"] == ({}, None)


def kept(transaction: Transaction) -> dict[str, tuple[Row, Row | None]]:
    rows = transaction.calls._connection.execute(select(CALLS.c.id, CALLS.c.body, CALLS.c.answer))
    return {row.id: (row.body, row.answer) for row in rows}


def test_answers_are_told_in_order_whether_free_or_held_and_in_whatever_campaign(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for campaign in ("spring", "autumn"):
            transaction.campaigns.ensure(campaign)
            transaction.campaigns.set_status(campaign, "active", NOON)
        others = [call("k2", "r2", campaign="autumn"), call("k3", "r3", held=False), call("k4", "r4")]
        transaction.calls.place([call("k1"), *others])
        for id in claimed(transaction):
            transaction.calls.answered(id, {}, "")

        assert [answered.id for answered in transaction.calls.take_answered(3)] == ["k1", "k2", "k3"]
        assert told(transaction) == ["k4"]
