"""A campaign with a pace: its communications begin one after another, nobody else waits for them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pytest

from gateway.clock import Bell, ManualClock
from gateway.decided import Decided
from gateway.timers import Timers, give_back
from storage.campaigns import Campaigns
from storage.database import Storage
from storage.values import Row, WaitingEvent
from tests.storage.rows import NOON, SECOND, timer

PEOPLE = 1_000
PACE = 600


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


def timers_of(storage: Storage, clock: ManualClock, paces: Mapping[str, int] | None = None) -> Timers:
    return Timers(storage, clock, Bell(clock), lambda: None, lambda: {"spring": PACE} if paces is None else paces)


def begin(storage: Storage, *rows: Row, running: Iterable[str] = ("spring", "autumn")) -> None:
    with storage.transaction() as t:
        for campaign in ("spring", "autumn"):
            t.campaigns.ensure(campaign)
        for campaign in running:
            t.campaigns.set_status(campaign, "active", NOON)
        t.timers.set(rows)


def planned(number: int) -> Row:
    return timer(f"k{number:04}", "start", held=True, event=PEOPLE - number)


def run_until(storage: Storage, clock: ManualClock, timers: Timers, end: datetime) -> list[tuple[datetime, str]]:
    """Fire whatever is due, each at its time, until ``end``; what fired and when."""
    while True:
        with storage.reading() as t:
            due = timers.next_due(t)
        if due is None or due > end:
            break
        clock.advance_to(due)
        with storage.transaction() as t:
            timers.fire(t)
    clock.advance_to(end)
    with storage.reading() as t:
        events = t.inbox.waiting(2 * PEOPLE)
    return [(event.received_at, event.payload["subject"]) for event in events]


def test_a_thousand_begin_at_their_pace_and_in_order(storage: Storage, clock: ManualClock) -> None:
    begin(storage, *(planned(number) for number in range(PEOPLE)))

    fired = run_until(storage, clock, timers_of(storage, clock), NOON + timedelta(seconds=99))

    assert [subject for _, subject in fired] == [f"k{number:04}" for number in reversed(range(PEOPLE))]
    assert sum(at == NOON for at, _ in fired) == 10
    assert fired[-1][0] == NOON + timedelta(seconds=99)
    for second in range(99):
        since = NOON + second * SECOND
        assert sum(since < at <= since + SECOND for at, _ in fired) == 10


def test_a_restart_in_the_middle_neither_hurries_nor_loses(storage: Storage, clock: ManualClock) -> None:
    begin(storage, *(planned(number) for number in range(PEOPLE)))
    before = run_until(storage, clock, timers_of(storage, clock), NOON + 30 * SECOND)
    clock.advance_to(NOON + 50 * SECOND)

    fired = run_until(storage, clock, timers_of(storage, clock), NOON + timedelta(minutes=3))

    after = [at for at, _ in fired[len(before) :]]
    assert len(before) == 310
    assert sum(at == NOON + 50 * SECOND for at in after) == 10
    assert len(after) == len({subject for _, subject in fired}) - len(before) == 690
    assert after[-1] == NOON + timedelta(seconds=50 + 68)


def test_a_pace_delays_neither_other_campaigns_nor_other_timers(storage: Storage, clock: ManualClock) -> None:
    begin(
        storage,
        *(planned(number) for number in range(100)),
        timer("theirs", "start", held=True, campaign="autumn"),
        timer("waits", "wait", held=True),
        timer("answers", "reply"),
    )

    fired = run_until(storage, clock, timers_of(storage, clock), NOON)

    assert len(fired) == 13
    assert {"theirs", "waits", "answers"} <= {subject for _, subject in fired}


def test_two_processes_together_keep_the_pace(storage: Storage, clock: ManualClock) -> None:
    begin(storage, *(planned(number) for number in range(100)))
    one, other = (timers_of(storage, clock) for _ in range(2))
    for timers in (one, other, one):
        with storage.transaction() as t:
            timers.fire(t)

    assert len(run_until(storage, clock, other, NOON + SECOND)) == 20


def test_where_few_wait_the_room_they_leave_is_not_lost(storage: Storage, clock: ManualClock) -> None:
    begin(storage, planned(1), planned(2))
    timers = timers_of(storage, clock)
    assert len(run_until(storage, clock, timers, NOON)) == 2
    begin(storage, *(planned(number) for number in range(3, 50)))

    assert len(run_until(storage, clock, timers, NOON)) == 10


def test_in_a_stopped_campaign_nothing_begins_and_what_it_holds_wakes_nobody(
    storage: Storage, clock: ManualClock
) -> None:
    begin(storage, planned(1), timer("r", "retry", held=True), timer("w", "wait", held=True), running=())
    timers = timers_of(storage, clock)

    assert run_until(storage, clock, timers, NOON + SECOND) == []
    begin(storage)
    assert {subject for _, subject in run_until(storage, clock, timers, NOON + SECOND)} == {"k0001", "r", "w"}


def test_without_a_pace_all_that_is_due_begins_at_once(storage: Storage, clock: ManualClock) -> None:
    begin(storage, *(planned(number) for number in range(PEOPLE)))

    assert len(run_until(storage, clock, timers_of(storage, clock, {}), NOON)) == PEOPLE


def test_a_pace_of_one_keeps_a_minute_between_two(storage: Storage, clock: ManualClock) -> None:
    begin(storage, *(planned(number) for number in range(3)))

    fired = run_until(storage, clock, timers_of(storage, clock, {"spring": 1}), NOON + timedelta(hours=1))

    assert [at - NOON for at, _ in fired] == [timedelta(), timedelta(minutes=1), timedelta(minutes=2)]


def test_whoever_moves_several_paces_does_so_in_the_order_of_names(
    storage: Storage, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So of several processes none waits for one that waits for it."""
    pace, moved = Campaigns.pace, list[str]()

    def noted(campaigns: Campaigns, name: str, *moments: datetime) -> bool:
        moved.append(name)
        return pace(campaigns, name, *moments)

    begin(storage, timer("s", "start", held=True), timer("a", "start", held=True, campaign="autumn"))
    paces = {"spring": PACE, "autumn": PACE}
    monkeypatch.setattr(Campaigns, "pace", noted)
    with storage.transaction() as t:
        timers_of(storage, clock, paces).fire(t)
        fired = len(moved)
        give_back(t, paces, [Decided(skipped("spring")), Decided(skipped("autumn"))])

    assert moved[:fired] == sorted(moved[:fired])
    assert moved[fired:] == ["autumn", "spring"]
    assert {*moved[:fired]} == {"autumn", "spring"}


def skipped(campaign: str) -> WaitingEvent:
    """The time had come for a communication that did not begin."""
    payload = {"campaign": campaign, "subject": "x", "name": "start"}
    return WaitingEvent(1, f"timer:{campaign}", "timer", "lane", payload, 0, NOON)
