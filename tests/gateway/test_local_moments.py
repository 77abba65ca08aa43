"""A moment without an offset is on the participant's clocks, whichever door it comes in by."""

from pathlib import Path

import pytest

from tests.gateway.example_rules import ADA, BEN
from tests.gateway.running import World, running

RULES = """
campaign: visits
timezone: Europe/Berlin
fields:
  timezone: {type: string, level: customer}
  begins: {type: datetime}
  ends: {type: datetime, default: 2027-03-02 18:00, import: false}
agents:
  teller: {kind: notice, text: "Until {{ ends | datetime }}"}
flows:
  tell:
    joined: {when: participant_created, next: tell}
    tell: {do: communicate, channel: sms, agent: teller, at: begins}
  watch:
    changed: {when: participant_updated}
  fix:
    typed: {when: incoming_session, keyword: FIX, next: set}
    set: {do: update_field, set: {begins: 2027-03-03 09:00, ends: 2027-03-03 18:00}}
"""
LIST = f"phone,timezone,begins\n{ADA},America/New_York,2027-03-02 09:00\n"
SHORT = f"phone,begins\n{ADA},2027-03-02 09:00\n"


async def moments(world: World, name: str = "begins") -> list[str]:
    """What the participants have, without the offset of UTC, in order of time."""
    return sorted(person["fields"][name].removesuffix(":00+00:00") for person in await world.people("visits"))


async def changes(world: World) -> int:
    return [node for _, node in await world.fired()].count("watch.changed")


async def test_a_list_and_the_api_are_read_on_the_clocks_of_each_participant(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await world.start("visits")
        await world.upload("visits", LIST)
        await world.give("visits", {"phone": BEN, "begins": "2027-03-02 09:00"})
        assert await moments(world) == ["2027-03-02T08:00", "2027-03-02T14:00"]

        await world.passes(hours=24)
        assert (world.heard(ADA), world.heard(BEN)) == ([], ["Until 2 Mar 2027 18:00"])
        await world.passes(hours=6)
        assert world.heard(ADA) == ["Until 2 Mar 2027 18:00"]
        assert await moments(world, "ends") == ["2027-03-02T17:00", "2027-03-02T23:00"]


@pytest.mark.parametrize("again", [LIST, SHORT], ids=["with the zone", "the zone known from before"])
async def test_the_same_list_again_changes_nothing(tmp_path: Path, again: str) -> None:
    async with running(tmp_path, RULES) as world:
        await world.start("visits")
        await world.upload("visits", LIST)
        await world.upload("visits", again)
        (result,) = await world.give("visits", {"phone": ADA, "begins": "2027-03-02T09:00"})

        assert (await changes(world), result["status"]) == (0, "unchanged")


async def test_of_one_list_an_earlier_row_tells_the_clocks_of_a_later_one(tmp_path: Path) -> None:
    async with running(tmp_path, RULES) as world:
        await world.start("visits")
        await world.upload("visits", f"phone,timezone,begins\n{ADA},Asia/Tokyo,\n{ADA},,2027-03-02 09:00\n")

        assert await moments(world) == ["2027-03-02T00:00"]


async def test_a_zone_that_changes_leaves_the_instants_and_what_is_given_then_is_on_the_new_clocks(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, RULES) as world:
        await world.start("visits")
        await world.upload("visits", LIST)
        await world.give("visits", {"phone": ADA, "timezone": "Asia/Tokyo"})
        assert await moments(world) == ["2027-03-02T14:00"]

        await world.upload("visits", SHORT)
        assert await moments(world) == ["2027-03-02T00:00"]
        await world.give("visits", {"phone": ADA, "timezone": None, "begins": "2027-03-02 09:00"})
        assert await moments(world) == ["2027-03-02T08:00"]


async def test_a_zone_that_is_none_fails_its_row(tmp_path: Path) -> None:
    async with running(tmp_path, RULES) as world:
        await world.start("visits")
        row = {"phone": ADA, "timezone": "America/New_Yrok", "begins": "2027-03-02 09:00"}
        (result,) = await world.give("visits", row)

        assert (result["status"], await world.people("visits")) == ("failed", [])
        assert result["errors"] == [
            {
                "field": "timezone",
                "value": "America/New_Yrok",
                "reason": '"America/New_Yrok" is not a known time zone; write one such as Europe/Berlin',
            }
        ]


async def test_a_flow_sets_what_the_participants_clocks_will_show(tmp_path: Path) -> None:
    async with running(tmp_path, RULES) as world:
        await world.start("visits")
        await world.upload("visits", LIST)
        await world.texts(ADA, "fix")

        assert (await moments(world), await moments(world, "ends")) == (["2027-03-03T14:00"], ["2027-03-03T23:00"])


async def test_a_row_that_came_before_the_campaign_ran_keeps_its_instant(tmp_path: Path) -> None:
    async with running(tmp_path, RULES) as world:
        await world.upload("visits", LIST)
        await world.give("visits", {"phone": ADA, "timezone": "Asia/Tokyo"})
        await world.start("visits")

        assert await moments(world) == ["2027-03-02T14:00"]
