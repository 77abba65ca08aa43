"""Caps, quiet hours and a pace hold for the whole campaign, across restarts and the change of clocks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.values import Row
from tests.gateway.example_rules import ADA
from tests.gateway.running import START, World, running

NOTES = """
campaign: notes
timezone: Europe/Berlin
contact: {LIMITS}
fields:
  name: {type: string, level: customer}
  number: {type: integer}
agents:
  host: {kind: notice, text: "Note {{ number }}"}
flows:
  say:
    joined: {when: participant_created, next: send}
    changed: {when: participant_updated, field: number, next: send}
    send: {do: communicate, channel: sms, agent: host}
"""
QUIET = NOTES.replace("{LIMITS}", '{quiet_hours: "20:00-08:00", holidays: [12-25]}')
CAPPED = NOTES.replace("{LIMITS}", "{max_per_day: 1, max_per_week: 2}")
PACED = NOTES.replace("{LIMITS}", "{pace: 120}")
BOTH_LIMITS = NOTES.replace("{LIMITS}", "{max_per_day: 1, pace: 1}").replace(
    "agent: host}", "agent: host, at: 'datetime(2027, 3, 1, 10)'}"
)
PEOPLE = 20


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


async def begun(world: World) -> list[datetime]:
    """When the talks began, in order."""
    return sorted(row["begun_at"] for row in await world.talks("notes") if row["begun_at"])


async def note(world: World, number: int) -> None:
    await world.give("notes", {"phone": ADA, "number": number})


@pytest.mark.parametrize(
    ("joins", "begins"),
    [
        (utc(3, 26, 21), utc(3, 27, 7)),
        (utc(3, 27, 21), utc(3, 28, 6)),
        (utc(3, 28, 1), utc(3, 28, 6)),
        (utc(3, 28, 6), utc(3, 28, 6)),
        (utc(10, 30, 21), utc(10, 31, 7)),
        (utc(10, 31, 0, 30), utc(10, 31, 7)),
        (utc(12, 24, 20), utc(12, 26, 7)),
    ],
    ids=str,
)
async def test_nobody_is_written_to_in_quiet_hours_whichever_way_the_clocks_change(
    tmp_path: Path, joins: datetime, begins: datetime
) -> None:
    async with running(tmp_path, QUIET, at=joins) as world:
        await world.start("notes")
        await note(world, 1)
        await world.passes(days=3)
        assert (await begun(world), world.heard(ADA)) == ([begins], ["Note 1"])


async def test_quiet_hours_that_came_into_force_meanwhile_hold_for_what_was_planned_before(
    tmp_path: Path, database_url: str
) -> None:
    daily = CAPPED.replace(", max_per_week: 2", "")
    async with running(tmp_path, daily, database=database_url) as world:
        await world.start("notes")
        await note(world, 1)
        await note(world, 2)
        await world.edit(1, QUIET)
        await world.passes(days=3)
        assert await begun(world) == [START, utc(3, 2, 7)]


async def test_caps_count_what_began_before_a_restart(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, CAPPED, database=database_url) as world:
        await world.start("notes")
        await note(world, 1)
    async with running(tmp_path, database=database_url, at=START + timedelta(hours=1)) as world:
        for number in (2, 3):
            await note(world, number)
        assert await begun(world) == [START]
        await world.passes(days=1)
    async with running(tmp_path, database=database_url, at=START + timedelta(days=2)) as world:
        await world.passes(days=20)
        assert await begun(world) == [START, utc(3, 1, 23), utc(3, 7, 23)]
        assert world.heard(ADA) == ["Note 1", "Note 3", "Note 3"]


async def test_caps_hold_among_communications_planned_in_one_event(tmp_path: Path) -> None:
    twice = CAPPED.replace(
        "agent: host}", "agent: host, next: again}\n    again: {do: communicate, channel: sms, agent: host}"
    )
    async with running(tmp_path, twice) as world:
        await world.start("notes")
        await note(world, 1)
        await world.passes(days=20)
        assert await begun(world) == [START, utc(3, 1, 23)]


async def test_people_on_a_list_are_written_to_at_the_pace_and_in_the_order_of_the_list(
    tmp_path: Path, database_url: str
) -> None:
    numbers = [f"+49151123456{n}" for n in range(10, 10 + PEOPLE)]
    async with running(tmp_path, PACED, database=database_url) as world:
        await world.start("notes")
        await world.upload("notes", "phone,number\n" + "\n".join(f"{phone},{n}" for n, phone in enumerate(numbers)))
        await world.passes(seconds=4)
        assert [row["address"] for row in await in_order(world)] == numbers[:10]
        await world.stop("notes")
        await world.passes(minutes=5)
        assert len(await in_order(world)) == 10
        await world.start("notes")
        await world.passes(seconds=60)
        rows = await in_order(world)
        assert [row["address"] for row in rows] == numbers
        moments = [row["begun_at"] for row in rows]
        assert moments[:10] == [START + n * timedelta(seconds=0.5) for n in (0, *range(9))]
        again = moments[10]
        assert moments[10:] == [again + n * timedelta(seconds=0.5) for n in (0, *range(9))]


async def in_order(world: World) -> list[Row]:
    """The talks that began, as their messages were owed."""
    talks = {row["id"]: row for row in await world.talks("notes") if row["begun_at"]}
    said = await world.read(lambda t: t.messages.of_communications(talks))
    owed = sorted(said.values(), key=lambda row: (row["created_at"], int(row["text"].split()[1])))
    return [talks[row["communication"]] for row in owed]


async def test_who_is_put_off_by_a_cap_takes_nobody_s_place_in_the_pace(tmp_path: Path, database_url: str) -> None:
    """Ten people are to have two notes each at nine o'clock, of which the cap allows one; somebody else is last."""
    numbers = [f"+49151123456{n}" for n in range(10, 20)]
    nine = START + timedelta(hours=1)
    async with running(tmp_path, BOTH_LIMITS, database=database_url) as world:
        await world.start("notes")
        for number in (1, 2):
            await world.give("notes", *({"phone": phone, "number": number} for phone in numbers))
        await world.give("notes", {"phone": ADA, "number": 1})
        await world.passes(hours=1, minutes=30)
        assert await begun(world) == [nine + n * timedelta(minutes=1) for n in range(11)]
        assert world.heard(ADA) == ["Note 1"]
        planned = [talk["at"] for talk in await world.talks("notes") if talk["is_open"]]
        assert planned == [utc(3, 1, 23)] * 10
