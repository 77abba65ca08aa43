"""A service holds the talk: each message is asked about, in order, and what comes back is said."""

from pathlib import Path

from tests.gateway.example_rules import ADA
from tests.gateway.running import World, running
from tests.gateway.service import Outside, listening, says, write_service_project

TALK = """
campaign: talk
agents:
  assistant:
    kind: webhook
    service: crm
    results: {will_pay: {type: boolean}}
    sorry: "One moment, please."
    reply_within: 24h
flows:
  main:
    joined: {when: participant_created, next: talk}
    talk: {do: communicate, channel: sms, agent: assistant}
    ended: {when: communication_ended, next: read}
    read: {if: results.will_pay, match: pays}
    pays: {do: finish, outcome: pays}
"""
HELLO = says({"text": ["Hello", "Will you pay?"]})
GREAT = says({"text": "Great", "results": {"will_pay": True}, "end": True})


async def greet(world: World) -> None:
    await world.start("talk")
    await world.give("talk", {"phone": ADA})


async def test_a_service_speaks_first_hears_every_message_and_ends_the_talk(tmp_path: Path, database_url: str) -> None:
    outside = Outside(next=[HELLO, says({"text": "Say it again?"}), GREAT])
    write_service_project(tmp_path, outside, TALK)
    async with listening(outside), running(tmp_path, database=database_url) as world:
        await greet(world)
        await world.texts(ADA, "hm")
        await world.texts(ADA, "yes")

        assert world.heard(ADA) == ["Hello", "Will you pay?", "Say it again?", "Great"]
        assert [body["message"] for body in outside.asked] == [None, "hm", "yes"]
        assert len({body["communication"]["id"] for body in outside.asked}) == 1
        assert [person["outcome"] for person in await world.people("talk")] == ["pays"]


async def test_what_a_person_writes_while_the_service_thinks_is_asked_about_afterwards(tmp_path: Path) -> None:
    outside = Outside(next=[HELLO, says(status=503), says({"text": "First"}), says({"text": "Second"})])
    write_service_project(tmp_path, outside, TALK)
    async with listening(outside), running(tmp_path) as world:
        await greet(world)
        for text in ("one", "two"):
            await world.texts(ADA, text)
        assert world.heard(ADA) == ["Hello", "Will you pay?"]
        await world.passes(seconds=10)

        assert [body["message"] for body in outside.asked] == [None, "one", "one", "two"]
        assert world.heard(ADA)[2:] == ["First", "Second"]


async def test_a_service_that_fails_is_excused_and_the_talk_goes_on_even_in_a_stopped_campaign(tmp_path: Path) -> None:
    outside = Outside(next=[HELLO, says(status=404), GREAT])
    write_service_project(tmp_path, outside, TALK)
    async with listening(outside), running(tmp_path) as world:
        await greet(world)
        await world.texts(ADA, "hm")
        await world.stop("talk")
        await world.texts(ADA, "yes")

        assert world.heard(ADA)[2:] == ["One moment, please.", "Great"]
        assert await world.statuses("talk") == ["completed"]
