"""What the gateway does again after a restore bears the names it had the first time: by these it finds what it sent."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from gateway.calls.rows import answer_event
from gateway.clock import Bell, ManualClock
from gateway.timers import Timers
from storage.database import Storage
from storage.values import AnsweredCall
from tests.gateway.example_rules import ADA
from tests.gateway.running import START, running
from tests.storage.rows import NOON, SECOND, timer

WAITS_TWICE = """
campaign: waits
flows:
  again:
    joined: {when: participant_created, next: none}
    none: {do: notify, channel: slack, to: "#general", text: none, next: pause}
    pause: {do: wait, for: 10m, next: one}
    one: {do: notify, channel: slack, to: "#general", text: one, next: pause_again}
    pause_again: {do: wait, for: 10m, next: two}
    two: {do: notify, channel: slack, to: "#general", text: two}
"""


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

    assert keys == ["timer:run:wait", "timer:run:wait:2"]


def test_an_answer_is_the_same_event_whenever_it_comes() -> None:
    call = AnsweredCall("c1", "run", "lane", "customer", "spring", True, {}, "")

    assert answer_event(call, NOON).key == answer_event(call, NOON + SECOND).key


async def test_what_follows_from_what_is_done_again_is_not_said_again(tmp_path: Path) -> None:
    """Nobody knew of the second wait at the time of the backup."""
    async with running(tmp_path, WAITS_TWICE) as world:
        await world.start("waits")
        await world.give("waits", {"phone": ADA})
        url, now = world.gateway.settings.database, world.clock.now()
        world.gateway.storage.back_up(tmp_path / "backup", now)
        await world.passes(hours=1)
        said = world.heard("#general")
    with closing(Storage(url)) as storage:
        storage.restore(tmp_path / "backup", START + timedelta(hours=2), replace=True)
    async with running(tmp_path, at=START + timedelta(hours=2)) as world:
        await world.passes(hours=1)
        assert world.heard("#general") == said == ["none", "one", "two"]
