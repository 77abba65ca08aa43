"""Systems outside are told what happens, in order, signed, with what they need to act on it."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.hooks.kinds import KINDS
from tests.gateway.calls_of_the_api import call
from tests.gateway.example_rules import ADA, ASK_NOW, BEN, HELLO
from tests.gateway.hooks.receiver import Receiver, listening, write_hook_project
from tests.gateway.poison import Poison
from tests.gateway.running import START, running
from tests.gateway.test_changed_over_the_api import OUTCOME, participant

TALKED = [
    "participant.created",
    "communication.planned",
    "communication.begun",
    "communication.ended",
]


async def test_a_talk_is_told_from_its_plan_to_its_end_in_order(tmp_path: Path, database_url: str) -> None:
    receiver = Receiver()
    write_hook_project(tmp_path, receiver, ASK_NOW + OUTCOME)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.texts(ADA, "YES")
        (person,) = await world.people("ask")
        (talk,) = await world.talks("ask")

    kinds = [kind for kind in receiver.types if kind != "communication.updated"]
    assert kinds == [*TALKED, "participant.finished"]
    assert len(set(receiver.ids)) == len(receiver.ids)
    created, ended = receiver.told[0], receiver.told[receiver.types.index("communication.ended")]
    assert created == {
        "type": "participant.created",
        "timestamp": "2027-03-01T08:00:00Z",
        "data": {
            "campaign": "ask",
            "participant": person["id"],
            "customer": person["customer"],
            "identifiers": {"phone": ADA},
            "fields": {"name": "Ada"},
        },
    }
    assert receiver.times[0] == int(START.timestamp())
    named = ("communication", "status", "results", "participant", "channel", "agent")
    assert [ended["data"][name] for name in named] == [
        talk["id"],
        "completed",
        {"comes": True},
        person["id"],
        "sms",
        "clerk",
    ]


async def test_what_changes_of_a_participant_is_told_with_the_new_values(tmp_path: Path, database_url: str) -> None:
    receiver = Receiver()
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        await world.give("hello", {"phone": ADA, "name": "Ada Lovelace"})
        await world.give("hello", {"phone": ADA, "name": "Ada Lovelace"})
        await call(world, "DELETE", await participant(world, "hello"))

    assert receiver.types == ["participant.created", "participant.updated", "participant.removed"]
    assert receiver.told[1]["data"]["fields"] == {"name": "Ada Lovelace"}
    assert len({one["data"]["participant"] for one in receiver.told}) == 1


async def test_a_hook_is_told_only_what_it_is_meant_to_be(tmp_path: Path) -> None:
    receiver = Receiver()
    events = 'events = ["communication.ended", "participant.removed"]\nprivate = true'
    write_hook_project(tmp_path, receiver, HELLO, more=events)
    async with listening(receiver), running(tmp_path) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        await world.passes(days=2)

    assert receiver.types == ["communication.ended"] * 2


async def test_who_may_be_written_to_is_told_once_whoever_says_it(tmp_path: Path, database_url: str) -> None:
    receiver = Receiver()
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        (person,) = await world.people("hello")
        for word in ("STOP", "STOP", "START", "START"):
            await world.texts(ADA, word)
        for method in ("PUT", "PUT", "DELETE"):
            await call(world, method, f"opt-outs/sms/{BEN}")

    told = [(one["type"], one["data"]) for one in receiver.told if one["type"].startswith("opt_out.")]
    hers, his = {"channel": "sms", "address": ADA, "customer": person["customer"]}, {"channel": "sms", "address": BEN}
    assert told == [
        ("opt_out.created", {**hers, "word": "stop"}),
        ("opt_out.removed", hers),
        ("opt_out.created", {**his, "customer": "", "word": "api"}),
        ("opt_out.removed", {**his, "customer": ""}),
    ]


async def test_an_event_that_is_parked_is_told_with_the_reason_and_nothing_that_it_brought(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, receiver = Poison(monkeypatch), Receiver()
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        (person,) = await world.people("hello")
        poison.kind("message")
        await world.texts(ADA, "a word of Ada's")

    (told,) = [one["data"] for one in receiver.told if one["type"] == "event.parked"]
    assert (told["kind"], told["customer"]) == ("message", person["customer"])
    assert told["reason"].startswith("failed 3 times, last: ValueError")
    assert not {"a word of Ada's", ADA} & set(map(str, told.values()))


async def test_nothing_is_told_of_what_is_not_committed(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that fails after its notices were written is decided anew, event by event: each is told once."""
    receiver, failures = Receiver(), [RuntimeError("once")]
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        inner = world.gateway.worker.decide

        def decide(t, events):  # type: ignore[no-untyped-def]
            decided = inner(t, events)
            if failures:
                raise failures.pop()
            return decided

        monkeypatch.setattr(world.gateway.worker, "decide", decide)
        await world.give("hello", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})

    assert receiver.types == ["participant.created"] * 2


async def test_without_hooks_nothing_is_kept_for_anybody(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})

        assert not world.gateway.telling
        assert (await world.read(lambda t: t.deliveries.forget(world.clock.now() + timedelta(days=1), 10))).all == 0
        assert not [task for task in world.gateway.tasks if task.get_name() == "Deliverer"]


def test_every_type_has_the_form_that_the_specification_asks_for() -> None:
    assert all(part.replace("_", "").isalpha() for kind in KINDS for part in kind.split("."))
