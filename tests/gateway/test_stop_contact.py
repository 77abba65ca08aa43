"""Rules that stop contact: the address is opted out as if the person had said STOP, until they say START."""

from pathlib import Path

from channels.sandbox import Fault
from tests.gateway.example_rules import ADA, ASK_NOW, HELLO
from tests.gateway.running import World, running

QUIET = """
campaign: quiet
fields:
  enough: {type: boolean}
flows:
  cut:
    changed: {when: participant_updated, field: enough, next: stop}
    stop: {do: stop_contact, channel: sms}
  obey:
    wrote: {when: incoming_session, keyword: ENOUGH, next: stop}
    stop: {do: stop_contact, channel: sms}
  again:
    wrote: {when: incoming_session, keyword: START, next: stop}
    stop: {do: stop_contact}
"""


async def stopped(world: World) -> bool:
    return bool(await world.read(lambda t: t.opt_outs.among([("sms", ADA)])))


async def test_what_is_owed_to_the_address_is_withdrawn_and_nothing_more_is_said(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, QUIET, HELLO, database=database_url) as world:
        for campaign in ("quiet", "hello"):
            await world.start(campaign)
        await world.give("quiet", {"phone": ADA})
        world.sandbox.twilio("sms").behaviour.add(Fault("throttle", retry_after=60))
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        await world.give("quiet", {"phone": ADA, "enough": True})
        assert await stopped(world)
        assert await world.read(lambda t: t.outbox.owed_count()) == 0
        await world.passes(minutes=5)
        assert world.heard(ADA) == []
        counts = await world.read(lambda t: t.campaigns.counts("hello"))
        assert dict(counts.messages) == {"canceled": 1}


async def test_a_talk_of_another_campaign_whose_message_is_withdrawn_ends_with_the_reason(tmp_path: Path) -> None:
    async with running(tmp_path, QUIET, ASK_NOW) as world:
        for campaign in ("quiet", "ask"):
            await world.start(campaign)
        await world.give("quiet", {"phone": ADA})
        world.sandbox.twilio("sms").behaviour.add(Fault("throttle", retry_after=60))
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.give("quiet", {"phone": ADA, "enough": True})
        await world.passes(minutes=5)
        talks = await world.talks("ask")
        assert [(talk["status"], talk["reason"]) for talk in talks] == [("skipped", "stopped by the rules")]
        assert world.heard(ADA) == []


async def test_another_campaign_skips_who_was_stopped_by_the_rules_until_they_say_start(tmp_path: Path) -> None:
    async with running(tmp_path, QUIET.replace("keyword: START", "keyword: NEVER"), HELLO) as world:
        await world.start("quiet")
        await world.give("quiet", {"phone": ADA})
        await world.texts(ADA, "enough")
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        assert [(talk["status"], talk["reason"]) for talk in await world.talks("hello")] == [("skipped", "opted out")]
        await world.texts(ADA, "START")
        assert not await stopped(world)


async def test_whoever_says_start_may_be_stopped_by_the_rules_that_hear_it(tmp_path: Path) -> None:
    async with running(tmp_path, QUIET) as world:
        await world.start("quiet")
        await world.give("quiet", {"phone": ADA})
        await world.texts(ADA, "START")
        assert await stopped(world)


async def test_open_talks_of_the_campaign_end_with_a_reason(tmp_path: Path) -> None:
    rules = ASK_NOW.replace(
        "flows:", "flows:\n  quit:\n    over: {when: participant_updated, next: stop}\n    stop: {do: stop_contact}"
    )
    async with running(tmp_path, rules) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.passes(seconds=2)
        await world.give("ask", {"phone": ADA, "name": "Ada Lovelace"})
        talks = await world.talks("ask")
        assert [(talk["status"], talk["reason"]) for talk in talks] == [("canceled", "stopped by the rules")]
        assert await stopped(world)
