"""Campaigns that are stopped and started: nothing fires meanwhile, and nothing is lost."""

from datetime import timedelta
from pathlib import Path

from tests.gateway.example_rules import ADA, ASK, ASK_NOW, BEN, ECHO, HELLO
from tests.gateway.running import START, running

IN_AN_HOUR = (START + timedelta(hours=1)).isoformat()


async def test_planned_communications_wait_while_their_campaign_is_stopped(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada", "begin": IN_AN_HOUR})
        await world.stop("ask")
        await world.passes(hours=5)
        assert (await world.statuses("ask"), world.heard(ADA)) == (["planned"], [])
        await world.start("ask")
        assert (await world.statuses("ask"), len(world.heard(ADA))) == (["started"], 1)


async def test_nothing_fires_in_a_stopped_campaign_and_who_joined_meanwhile_enters_when_it_starts(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, HELLO, ECHO, database=database_url) as world:
        await world.give("hello", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        await world.give("echo", {"phone": ADA})
        await world.texts(ADA, "anybody?")
        assert (await world.fired(), world.heard(ADA)) == ([], [])
        await world.start("hello")
        assert (world.heard(ADA), world.heard(BEN)) == (["Hello Ada"], ["Hello Ben"])


async def test_starting_again_makes_nobody_enter_twice(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        for _ in range(2):
            await world.start("hello")
            await world.start("hello")
            await world.stop("hello")
        assert world.heard(ADA) == ["Hello Ada"]


async def test_what_people_answer_while_the_campaign_is_stopped_is_kept_in_their_talk(tmp_path: Path) -> None:
    async with running(tmp_path, ASK_NOW) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.passes(seconds=2)
        await world.stop("ask")
        await world.texts(ADA, "no")
        (talk,) = await world.talks("ask")
        assert talk["talk"]["results"] == {"comes": False}
