"""What the gateway does again after a restore bears the names it had the first time: by these it finds what it sent."""

from contextlib import closing
from pathlib import Path

from gateway.calls.rows import answer_event
from gateway.clock import Bell, ManualClock
from gateway.timers import Timers
from storage.database import Storage
from storage.values import AnsweredCall
from tests.storage.rows import NOON, SECOND, timer


def fired(storage: Storage, seconds: int) -> list[str]:
    """The keys of the events that the due timers become so many seconds after noon."""
    clock = ManualClock(NOON + seconds * SECOND)
    part = Timers(storage, clock, Bell(clock), lambda: None)
    with storage.transaction() as t:
        part.fire(t)
        return [event.key for event in t.inbox.waiting(9)]


def test_a_timer_that_fires_again_after_a_restore_is_the_same_event(storage: Storage, tmp_path: Path) -> None:
    with storage.transaction() as t:
        t.timers.set([timer("talk", "reply", event=7), timer("run", "wait", event=7)])
    storage.back_up(tmp_path / "backup", NOON)
    first = fired(storage, 5)
    with closing(Storage(f"sqlite:///{tmp_path}/later.db")) as later:
        later.restore(tmp_path / "backup", NOON + SECOND)
        again = fired(later, 3_600)

    assert len(first) == 2
    assert again == first


def test_a_timer_that_fires_a_second_time_is_another_event(storage: Storage) -> None:
    """One that nobody knows why it is set as it was before must not be lost."""
    for seconds in (5, 6):
        with storage.transaction() as t:
            t.timers.set([timer("run", "wait", event=7)])
        keys = fired(storage, seconds)

    assert len(keys) == 2
    assert keys[1].startswith(keys[0])


def test_an_answer_is_the_same_event_but_where_it_is_told_again() -> None:
    call = AnsweredCall("c1", "run", "lane", "customer", "spring", True, {}, "")
    first, later = answer_event(call, NOON), answer_event(call, NOON + SECOND)

    assert first.key == later.key
    assert answer_event(call, NOON, again=True).key.startswith(first.key + ":")
