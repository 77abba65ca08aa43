"""Long changes are made a step at a time, and what was cut off half-way may be done again."""

from pathlib import Path

import pytest

from gateway import settling
from gateway.settling import Settling
from gateway.stepping import in_steps
from storage.database import Storage
from storage.transaction import Transaction
from tests.gateway.example_rules import ADA, BEN
from tests.gateway.running import World, running

WAITS = """
campaign: patience
flows:
  greet:
    joined: {when: participant_created, next: pause}
    pause: {do: wait, for: 2d, next: done}
    done: {do: finish, outcome: done}
"""


async def test_steps_are_done_until_there_is_no_more_and_each_rings(storage: Storage) -> None:
    done: list[str] = []
    rung: list[int] = []

    def go_on(t: Transaction) -> bool:
        done.append("step")
        return len(done) < 3

    await in_steps(storage, lambda t: done.append("begin"), go_on, lambda: rung.append(len(done)))

    assert done == ["begin", "step", "step"]
    assert rung == [2, 3]


async def test_what_cannot_begin_does_nothing(storage: Storage) -> None:
    def refuse(t: Transaction) -> None:
        raise LookupError

    def never(t: Transaction) -> bool:
        raise AssertionError

    with pytest.raises(LookupError):
        await in_steps(storage, refuse, never, lambda: pytest.fail("nobody is to be woken"))


async def test_what_is_settled_again_under_its_key_is_left_to_nobody_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "CHUNK", 1)
    async with running(tmp_path, WAITS) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA}, {"phone": BEN})
        await world.gateway.storage.run(settled(world, "one").leave)  # and then it was cut off
        again = settled(world, "one")
        await in_steps(world.gateway.storage, again.begin, again.leave)

        assert again.left == 2
        assert await world.read(lambda t: len(t.inbox.undecided_in(lanes(t), "settled"))) == 2


def settled(world: World, key: str) -> Settling:
    book = world.gateway.rulebooks.of("patience")
    return Settling(book, WAITS.encode(), {"greet.pause": settling.ENDS}, world.clock.now(), key)


def lanes(t: Transaction) -> list[str]:
    owners = t.people.by_identifiers([("phone", ADA), ("phone", BEN)])
    return [row["lane"] for row in t.people.customers(list(owners.values())).values()]
