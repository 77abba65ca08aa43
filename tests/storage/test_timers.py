"""A timer runs out once, not before its time."""

from datetime import datetime
from typing import Any

from storage.database import Storage
from storage.values import DueTimer, Row
from tests.storage.rows import NOON, SECOND, timer


def test_a_due_timer_is_taken_once_with_all_it_was_given(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.timers.set([timer("k1"), timer("k2", due=NOON + SECOND)])

        assert transaction.timers.take_due(NOON, 10) == [DueTimer("k1", "reply", NOON, "lane-c1", "c1", "spring")]
        assert transaction.timers.take_due(NOON, 10) == []
        assert transaction.timers.next_due() == NOON + SECOND


def test_the_longest_due_timers_are_taken_first(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.timers.set([timer(f"k{n}", due=NOON - n * SECOND) for n in range(5)])

        assert [due.subject for due in transaction.timers.take_due(NOON, 2)] == ["k4", "k3"]
        assert [due.subject for due in transaction.timers.take_due(NOON, 9)] == ["k2", "k1", "k0"]


def test_setting_a_timer_again_replaces_it_and_the_last_word_wins(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.timers.set([timer("k1"), timer("k1", "start"), timer("k1", due=NOON + SECOND, lane="other")])

        assert [due.name for due in transaction.timers.take_due(NOON, 9)] == ["start"]
        (replaced,) = transaction.timers.take_due(NOON + SECOND, 9)
        assert (replaced.name, replaced.lane) == ("reply", "other")


def test_a_cleared_timer_never_runs_out_and_need_not_exist(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.timers.set([timer("k1"), timer("k2")])
        transaction.timers.clear([("k1", "reply"), ("k2", "start"), ("k3", "reply")])
        transaction.timers.clear([])

        assert [due.subject for due in transaction.timers.take_due(NOON, 9)] == ["k2"]
        assert transaction.timers.next_due() is None


def test_of_timers_due_at_one_moment_the_one_set_first_is_taken_first(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.timers.set([timer("z", event=1), timer("a", event=3), timer("m", event=2)])

        assert [due.subject for due in transaction.timers.take_due(NOON, 2)] == ["z", "m"]
        assert [due.subject for due in transaction.timers.take_due(NOON, 2)] == ["a"]


def test_a_held_timer_is_taken_for_its_campaign_only(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.timers.set(
            [held("k1"), held("k2", "wait"), held("k3", campaign="autumn"), held("k4", due=NOON + SECOND)]
        )

        assert transaction.timers.take_due(NOON + SECOND, 9) == []
        assert transaction.timers.next_due() is None
        assert [due.subject for due in transaction.timers.take_held("spring", "start", NOON, 9)] == ["k1"]
        assert transaction.timers.take_held("spring", "start", NOON, 9) == []
        assert [due.subject for due in transaction.timers.take_held("spring", "start", NOON + SECOND, 9)] == ["k4"]


def test_held_timers_are_due_next_in_campaigns_that_run(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for campaign in ("spring", "autumn", "winter"):
            transaction.campaigns.ensure(campaign)
        for campaign in ("spring", "winter"):
            transaction.campaigns.set_status(campaign, "active", NOON)
        later = [held("k2", due=NOON + SECOND), held("k3", "wait", NOON + SECOND), held("k5", "retry")]
        transaction.timers.set([held("k1"), *later, held("k4", campaign="autumn")])

        assert transaction.timers.next_held(("start", "wait")) == {
            ("spring", "start"): NOON,
            ("spring", "wait"): NOON + SECOND,
        }
        assert transaction.timers.next_held(()) == {}


def held(subject: str, name: str = "start", due: datetime = NOON, **other: Any) -> Row:
    return timer(subject, name, due, held=True, **other)
