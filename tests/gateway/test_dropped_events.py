"""A dropped event is never decided, and nothing waits for it for ever."""

from pathlib import Path

import pytest

from gateway.parking import DROPPED
from tests.gateway.asking import ASK, ask, outcomes
from tests.gateway.example_rules import ADA, ASK_NOW, ECHO
from tests.gateway.poison import Poison, balanced, execute, parked, pointsman, state, the_parked
from tests.gateway.running import World, running
from tests.gateway.service import Outside, listening, says, write_service_project
from tests.gateway.test_waiting import DUE, runs
from tests.gateway.test_webhook_talks import GREAT, HELLO, TALK, greet

ENDED = """
  after:
    ended: {when: communication_ended, status: failed, next: note}
    note: {do: finish, outcome: failed}
"""
PAUSE = DUE.replace("until: participant.due - days(1)", "for: 2d")


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Poison:
    return Poison(monkeypatch)


async def drop(world: World, number: int) -> str:
    """Drop the event; what the command said."""
    result = await pointsman(world, "drop", number, "--yes")
    assert result.exit_code == 0, result.output
    assert (await state(world, number))["state"] == "dropped"
    return result.stdout


async def last_note(world: World, kind: str) -> str:
    return str((await world.decisions(kind))[-1]["log"])


async def test_the_path_that_waited_for_a_dropped_time_ends_and_that_is_told(
    tmp_path: Path, database_url: str, poison: Poison
) -> None:
    async with running(tmp_path, PAUSE, database=database_url) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA})
        poison.kind("timer")
        await world.passes(days=3)
        said = await drop(world, await the_parked(world))

        assert "what waited for it ends" in said
        assert await runs(world) == []
        assert f"a path ends at remind.pause: {DROPPED}" in await last_note(world, "stranded")
        assert [person["outcome"] for person in await world.people("patience")] == [""]
        assert await balanced(world)


@pytest.mark.parametrize("stopped", [False, True])
async def test_the_communication_that_waited_for_a_dropped_time_fails_and_its_flows_hear_of_it(
    tmp_path: Path, database_url: str, poison: Poison, stopped: bool
) -> None:
    async with running(tmp_path, ASK_NOW + ENDED, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA})
        poison.kind("timer")
        await world.passes(hours=25)
        number = await the_parked(world)
        if stopped:
            await world.stop("ask")
        await drop(world, number)
        if stopped:
            assert [person["outcome"] for person in await world.people("ask")] == [""]
            await world.start("ask")
        (talk,) = await world.talks("ask")

        assert (talk["status"], talk["reason"]) == ("failed", DROPPED)
        assert [person["outcome"] for person in await world.people("ask")] == ["failed"]
        assert await balanced(world)


async def test_a_dropped_time_that_nothing_waits_for_any_more_ends_nothing(tmp_path: Path, poison: Poison) -> None:
    async with running(tmp_path, ASK_NOW) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA})
        poison.kind("timer")
        await world.passes(hours=25)
        number = await the_parked(world)
        await world.texts(ADA, "YES")

        assert "nothing waited for it any more" in await drop(world, number)
        assert await world.statuses("ask") == ["completed"]
        assert await balanced(world)


async def test_after_a_dropped_answer_the_path_goes_on_as_after_a_call_that_failed(
    tmp_path: Path, database_url: str, poison: Poison
) -> None:
    outside = Outside(next=[says({"outcome": "paid"})])
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path, database=database_url) as world:
        poison.kind("answer")
        await ask(world)
        number = await the_parked(world)
        poison.kind()
        assert "as after a call that failed" in await drop(world, number)
        assert await outcomes(world) == ["failed"]
        assert await balanced(world)


async def test_after_a_dropped_answer_the_talk_goes_on_as_after_a_call_that_failed(
    tmp_path: Path, database_url: str, poison: Poison
) -> None:
    outside = Outside(next=[HELLO, says({"text": "lost"}), GREAT])
    write_service_project(tmp_path, outside, TALK)
    async with listening(outside), running(tmp_path, database=database_url) as world:
        await greet(world)
        poison.kind("answer")
        await world.texts(ADA, "hm")
        number = await the_parked(world)
        poison.kind()
        await drop(world, number)
        await world.texts(ADA, "yes")

        assert world.heard(ADA)[2:] == ["One moment, please.", "Great"]
        assert await world.statuses("talk") == ["completed"]
        assert await balanced(world)


async def test_whatever_is_dropped_again_and_again_comes_to_an_end(
    tmp_path: Path, database_url: str, poison: Poison
) -> None:
    outside = Outside(next=[says({"outcome": "paid"})])
    write_service_project(
        tmp_path, outside, ASK, PAUSE.replace("patience", "pause"), ASK_NOW.replace("campaign: ask", "campaign: talk")
    )
    poison.kind("answer", "timer", "stranded")
    async with listening(outside), running(tmp_path, database=database_url) as world:
        await ask(world)
        for campaign in ("pause", "talk"):
            await world.start(campaign)
            await world.give(campaign, {"phone": ADA})
        await world.passes(days=3)
        rounds = 0
        while numbers := [event["number"] for event in await parked(world)]:
            await pointsman(world, "drop", "--yes", *numbers)
            rounds += 1
        waiting = await world.read(
            lambda t: t.runs.of_customers([row["customer"] for row in t.people.participants_of("ask")])
        )

        assert (rounds, waiting) == (2, [])
        assert await world.statuses("talk") == ["failed"]
        assert await balanced(world)


async def test_a_dropped_message_is_not_heard_and_its_lane_goes_on(
    tmp_path: Path, database_url: str, poison: Poison
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        poison.kind("message")
        await world.texts(ADA, "one")
        poison.kind()
        await world.texts(ADA, "two")
        number = await the_parked(world)
        await drop(world, number)
        again = await pointsman(world, "drop", number, "--yes")

        assert world.heard(ADA) == ["You wrote two"]
        assert (again.exit_code, again.stderr) == (1, f"pointsman: event {number} is dropped, not parked\n")
        row = await state(world, number)
        assert row["error"].startswith(f"{DROPPED}; parked because: failed 3 times")
        assert await balanced(world)


async def test_what_is_parked_while_the_time_is_set_anew_ends_nothing_when_dropped(
    tmp_path: Path, poison: Poison
) -> None:
    async with running(tmp_path, PAUSE) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA})
        poison.kind("timer")
        await world.passes(days=3)
        number = await the_parked(world)
        await execute(world, "UPDATE timer SET due = due + 3600000000, fired = FALSE")
        poison.kind()
        await drop(world, number)
        await world.passes(days=1)

        assert [person["outcome"] for person in await world.people("patience")] == ["reminded"]
