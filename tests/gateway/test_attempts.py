"""A communication tries again, then elsewhere, through real adapters and the sandbox's providers; then it has ended."""

from datetime import timedelta
from pathlib import Path

import pytest

from channels.sandbox.behaviour import Ending
from storage.values import Row
from tests.gateway.example_rules import ADA
from tests.gateway.running import CARLA, START, World, running

TELL = """
campaign: tell
agents:
  host: {kind: notice, text: "Hello"}
flows:
  say:
    joined: {when: participant_created, next: send}
    send:
      do: communicate
      channel: sms
      agent: host
      retries: {after: [1h, 4h], on: failed}
      fallback: slack
  after:
    ended: {when: communication_ended, next: finish}
    finish: {do: finish, outcome: ended}
"""
ASK = """
campaign: tell
agents:
  clerk:
    kind: form
    opening: "Hello."
    questions:
      - {result: name, ask: "Your name?"}
      - {result: comes, ask: "Will you come?", type: boolean}
    closing: "Noted."
    reply_within: 1h
flows:
  say:
    joined: {when: participant_created, next: send}
    send:
      do: communicate
      channel: sms
      agent: clerk
      retries: {after: 2h, on: no_response}
      fallback: {channel: slack, on: no_response}
"""
EXPIRES = TELL.replace("retries: {after: [1h, 4h], on: failed}", "expires: 1d\n      at: datetime(2027, 3, 2, 8)")
BOTH = {"phone": ADA, "slack": CARLA}


async def begin(world: World, **person: str) -> None:
    await world.start("tell")
    await world.give("tell", person or BOTH)


async def talk(world: World) -> Row:
    (only,) = await world.talks("tell")
    return only


async def attempts(world: World) -> list[tuple[int, str, str]]:
    """Each message of the talk, oldest first: its attempt, channel and status."""
    only = (await talk(world))["id"]
    found = await world.read(lambda t: t.messages.of_communications([only]))
    rows = sorted(found.values(), key=lambda row: (row["attempt"], row["created_at"]))
    return [(row["attempt"], row["channel"], row["status"]) for row in rows]


async def test_what_fails_is_tried_again_and_then_elsewhere(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, TELL, database=database_url) as world:
        world.sandbox.twilio("sms").behaviour.end(Ending(ADA, "failed", 30003))
        await begin(world)
        await world.passes(minutes=30)
        assert await attempts(world) == [(1, "sms", "failed")]
        assert (await talk(world))["status"] == "started"
        await world.passes(minutes=31)
        assert await attempts(world) == [(1, "sms", "failed"), (2, "sms", "failed")]
        await world.passes(hours=4)
        assert [status for _, _, status in await attempts(world)][:3] == ["failed"] * 3
        assert world.heard(CARLA) == ["Hello"]
        await world.passes(hours=1)
        ended = await talk(world)
        assert (ended["status"], ended["channel"], ended["address"]) == ("completed", "slack", CARLA)
        assert (ended["attempt"], ended["begun_at"]) == (4, START)
        assert [person["outcome"] for person in await world.people("tell")] == ["ended"]


async def test_a_talk_ends_once_when_every_attempt_has_failed(tmp_path: Path) -> None:
    async with running(tmp_path, TELL) as world:
        world.sandbox.twilio("sms").behaviour.end(Ending(ADA, "undelivered", 30005))
        await begin(world, phone=ADA)
        await world.passes(days=1)
        ended = await talk(world)
        assert (ended["status"], ended["reason"]) == ("failed", "failed 3 times: 30005; no fallback: no slack")
        assert await world.fired() == [("participant_created", "say.joined"), ("communication_ended", "after.ended")]


async def test_a_retry_waits_for_the_restart_and_for_its_campaign_to_run(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, TELL, database=database_url) as world:
        world.sandbox.twilio("sms").behaviour.end(Ending(ADA, "failed", 30003))
        await begin(world, phone=ADA)
        await world.passes(minutes=5)
        await world.stop("tell")
    async with running(tmp_path, database=database_url, at=START + timedelta(hours=2)) as world:
        await world.passes(hours=1)
        assert await attempts(world) == [(1, "sms", "failed")]
        await world.start("tell")
        await world.passes(minutes=1)
        assert await attempts(world) == [(1, "sms", "failed"), (2, "sms", "delivered")]
        assert (await talk(world))["status"] == "completed"


async def test_who_does_not_answer_is_asked_again_then_elsewhere_where_the_answer_is_heard(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ASK, database=database_url) as world:
        await begin(world)
        await world.passes(minutes=1)
        await world.texts(ADA, "Ada")
        await world.passes(hours=4)
        assert world.heard(ADA) == ["Hello.\nYour name?", "Will you come?", "Will you come?"]
        assert world.heard(CARLA) == ["Will you come?"]
        await world.writes(CARLA, "yes")
        ended = await talk(world)
        assert (ended["status"], ended["talk"]["results"]) == ("completed", {"name": "Ada", "comes": True})


async def test_a_late_answer_to_the_first_attempt_spares_the_second(tmp_path: Path) -> None:
    async with running(tmp_path, ASK) as world:
        await begin(world)
        await world.passes(hours=2)
        await world.texts(ADA, "Ada")
        await world.texts(ADA, "no")
        await world.passes(days=1)
        assert world.heard(ADA) == ["Hello.\nYour name?", "Will you come?", "Noted."]
        assert (await talk(world))["status"] == "completed"


async def test_who_cannot_be_reached_on_one_channel_is_written_to_on_the_other(tmp_path: Path) -> None:
    async with running(tmp_path, TELL) as world:
        await begin(world, slack=CARLA)
        await world.passes(hours=2)
        only = await talk(world)
        assert (only["status"], only["channel"], world.heard(CARLA)) == ("completed", "slack", ["Hello"])


@pytest.mark.parametrize("stopped", [True, False])
async def test_what_has_not_begun_when_it_expires_is_skipped_in_a_stopped_campaign_too(
    tmp_path: Path, database_url: str, stopped: bool
) -> None:
    async with running(tmp_path, EXPIRES, database=database_url) as world:
        await begin(world, phone=ADA)
        assert (await talk(world))["expires"] == START + timedelta(days=2)
        if stopped:
            await world.stop("tell")
        await world.passes(days=3)
        only = await talk(world)
        expected = ("skipped", "expired") if stopped else ("completed", "")
        assert (only["status"], only["reason"], world.heard(ADA)) == (*expected, [] if stopped else ["Hello"])
        await world.start("tell")
        await world.quiet()
        assert (await talk(world))["status"] == expected[0]
