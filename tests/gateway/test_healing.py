"""What waits for something that will not come is found, and goes on."""

from datetime import timedelta
from pathlib import Path

import pytest

import storage.stranded
from channels.sandbox.behaviour import Ending
from tests.gateway.asking import ASK as ASK_SERVICE
from tests.gateway.asking import ask, outcomes
from tests.gateway.example_rules import ADA, ASK, ASK_NOW, BEN, HELLO
from tests.gateway.poison import Poison, balanced, execute, parked, pointsman
from tests.gateway.running import CARLA, START, World, running
from tests.gateway.service import Outside, listening, says, write_service_project
from tests.gateway.test_attempts import TELL
from tests.gateway.test_dropped_events import PAUSE
from tests.gateway.test_waiting import DUE
from tests.gateway.test_webhook_talks import GREAT, TALK, greet
from tests.gateway.test_webhook_talks import HELLO as SPEAKS

LOST_TIMERS = ("DELETE FROM timer", "UPDATE timer SET fired = TRUE")
LOST_CALLS = ("DELETE FROM call", "UPDATE call SET state = 'done'")


async def heal(world: World) -> int:
    """Look at once; how much there was to heal."""
    healed = await world.gateway.healer.heal()
    await world.quiet()
    return healed


async def done(world: World, campaign: str) -> list[str]:
    return [person["outcome"] for person in await world.people(campaign)]


@pytest.mark.parametrize("lost", LOST_TIMERS)
async def test_a_path_that_lost_its_time_goes_on_at_that_time(tmp_path: Path, database_url: str, lost: str) -> None:
    async with running(tmp_path, PAUSE, database=database_url) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA}, {"phone": BEN})
        await execute(world, lost)
        assert (await heal(world), await heal(world)) == (2, 0)
        await world.passes(days=1, hours=23)
        early = await done(world, "patience")
        await world.passes(hours=2)

        assert (early, await done(world, "patience")) == (["", ""], ["reminded"] * 2)
        assert await balanced(world)


async def test_what_was_lost_is_found_at_the_next_start_and_goes_on_where_its_time_has_passed(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, PAUSE, database=database_url) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA})
        await execute(world, "DELETE FROM timer")
    async with running(tmp_path, database=database_url, at=START + timedelta(days=9)) as world:
        await world.gateway.healer.heal()
        await world.quiet()

        assert await done(world, "patience") == ["reminded"]


@pytest.mark.parametrize("lost", LOST_CALLS)
async def test_a_path_whose_answer_was_lost_goes_on_as_after_a_call_that_failed(
    tmp_path: Path, database_url: str, lost: str
) -> None:
    outside = Outside(next=[says(status=503)])
    write_service_project(tmp_path, outside, ASK_SERVICE)
    async with listening(outside), running(tmp_path, database=database_url) as world:
        await ask(world)
        await execute(world, lost)
        assert (await heal(world), await heal(world)) == (1, 0)

        assert await outcomes(world) == ["failed"]
        assert await balanced(world)


async def test_a_lost_answer_is_told_once_the_campaign_runs(tmp_path: Path) -> None:
    outside = Outside(next=[says(status=503)])
    write_service_project(tmp_path, outside, ASK_SERVICE)
    async with listening(outside), running(tmp_path) as world:
        await world.start("ask")
        await ask(world)
        await world.stop("ask")
        await execute(world, "DELETE FROM call")
        await heal(world)
        stopped = await outcomes(world)
        await world.start("ask")

        assert (stopped, await outcomes(world)) == ([""], ["failed"])


@pytest.mark.parametrize("lost", LOST_TIMERS)
@pytest.mark.parametrize(
    ("rules", "campaign", "hours", "status"),
    [
        (ASK_NOW, "ask", 25, "no_response"),
        (HELLO, "hello", 1, "completed"),
    ],
)
async def test_a_communication_that_lost_its_time_comes_to_its_end(
    tmp_path: Path, database_url: str, rules: str, campaign: str, hours: int, status: str, lost: str
) -> None:
    async with running(tmp_path, rules, database=database_url) as world:
        await world.start(campaign)
        await world.give(campaign, {"phone": ADA, "name": "Ada"})
        await execute(world, "UPDATE communication SET status = 'started', is_open = TRUE")
        await execute(world, lost)
        assert (await heal(world), await heal(world)) == (1, 0)
        await world.passes(hours=hours)

        assert await world.statuses(campaign) == [status]
        assert await balanced(world)


async def test_a_planned_communication_that_lost_its_time_begins_at_it(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada", "begin": "2027-03-02T08:00:00+00:00"})
        await execute(world, "DELETE FROM timer")
        assert (await heal(world), world.heard(ADA)) == (1, [])
        await world.passes(days=1, hours=1)

        assert len(world.heard(ADA)) == 1


async def test_a_communication_whose_receipt_was_dropped_comes_to_its_end(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = Poison(monkeypatch)
    async with running(tmp_path, HELLO, database=database_url) as world:
        await world.start("hello")
        poison.kind("receipt")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        await world.passes(minutes=1)
        assert await heal(world) == 0  # that is for the operator to decide
        await pointsman(world, "drop", "--yes", *[event["number"] for event in await parked(world)])
        poison.kind()
        assert await heal(world) == 1

        assert await world.statuses("hello") == ["completed"]
        assert await balanced(world)


@pytest.mark.parametrize("seconds", [5, 30])  # the failure is held; the retry is an hour off
async def test_a_communication_that_lost_the_time_of_its_next_attempt_makes_it(
    tmp_path: Path, database_url: str, seconds: int
) -> None:
    async with running(tmp_path, TELL, database=database_url) as world:
        world.sandbox.twilio("sms").behaviour.end(Ending(ADA, "failed", 30003))
        await world.start("tell")
        await world.give("tell", {"phone": ADA, "slack": CARLA})
        await world.passes(seconds=seconds)
        await execute(world, "DELETE FROM timer")
        assert (len(world.heard(ADA)), await heal(world)) == (1, 1)
        await world.passes(seconds=1)
        assert len(world.heard(ADA)) == (2 if seconds == 30 else 1)
        await world.passes(hours=12)

        assert (await world.statuses("tell"), world.heard(CARLA)) == (["completed"], ["Hello"])
        assert await balanced(world)


@pytest.mark.parametrize("lost", LOST_CALLS)
async def test_a_talk_whose_answer_was_lost_is_excused_and_goes_on(
    tmp_path: Path, database_url: str, lost: str
) -> None:
    outside = Outside(next=[SPEAKS, says(status=503), GREAT])
    write_service_project(tmp_path, outside, TALK)
    async with listening(outside), running(tmp_path, database=database_url) as world:
        await greet(world)
        await world.texts(ADA, "hm")
        await execute(world, lost)
        await execute(world, "DELETE FROM timer")
        assert (await heal(world), await heal(world)) == (1, 0)
        await world.texts(ADA, "yes")

        assert world.heard(ADA)[2:] == ["One moment, please.", "Great"]
        assert await balanced(world)


async def test_what_waits_for_good_reason_is_left_alone(tmp_path: Path, database_url: str) -> None:
    outside = Outside(next=[says(status=503)])
    planned = ASK.replace("campaign: ask", "campaign: planned")
    talk, pause = ASK_NOW.replace("campaign: ask", "campaign: talk"), PAUSE.replace("patience", "pause")
    write_service_project(tmp_path, outside, ASK_SERVICE, planned, talk, pause, DUE)
    async with listening(outside), running(tmp_path, database=database_url) as world:
        for campaign in ("planned", "talk", "pause", "patience"):
            await world.start(campaign)
            given = {"begin": "2027-03-02T08:00:00+00:00"} if campaign == "planned" else {}
            await world.give(campaign, {"phone": ADA, **given})
        await ask(world)

        assert await heal(world) == 0


async def test_healing_goes_through_everything_page_by_page(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.stranded, "PAGE", 2)
    people = [f"+49151123456{number:02}" for number in range(5)]
    async with running(tmp_path, PAUSE, ASK_NOW, database=database_url) as world:
        for campaign in ("patience", "ask"):
            await world.start(campaign)
            await world.give(campaign, *({"phone": phone} for phone in people))
        await execute(world, "DELETE FROM timer")

        assert (await heal(world), await heal(world)) == (10, 0)


async def test_what_a_campaign_without_a_rule_file_has_lost_waits_for_one(tmp_path: Path) -> None:
    async with running(tmp_path, PAUSE) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA})
        await execute(world, "DELETE FROM timer")
        book = world.gateway.rulebooks.active.pop("patience")
        assert await heal(world) == 0
        world.gateway.rulebooks.active["patience"] = book
        assert await heal(world) == 1
