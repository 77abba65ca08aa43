"""A message whose sending has no known end: it is sent once, and never taken for another."""

import re
from pathlib import Path

import pytest

from channels.base import OutboundMessage, Sent
from channels.errors import SendUnknown
from channels.sandbox import Ending, Fault, Webhooks
from gateway.patience import MAX_SETTLE_TRIES
from tests.gateway.example_rules import ADA, ASK_NOW, ECHO, HELLO
from tests.gateway.running import CARLA, SETTINGS, World, running, write_project

LATE = Webhooks(late=24 * 3600)
NEVER_TAKEN = Fault("drop")
TAKEN = Fault("drop", accept=True)
UNREADABLE = Fault("fail", status=503, on="read", times=None)

TELL = """
campaign: tell
flows:
  tell:
    wrote: {when: incoming_session, next: tell}
    tell: {do: notify, channel: slack, to: "#billing", text: "{{ message.text }}"}
"""


async def begin(world: World, campaign: str) -> None:
    await world.start(campaign)
    await world.give(campaign, {"phone": ADA} if campaign == "echo" else {"phone": ADA, "name": "Ada"})


def behave(world: World, *faults: Fault) -> None:
    for fault in faults:
        world.sandbox.twilio("sms").behaviour.add(fault)


async def ends(world: World, campaign: str = "hello") -> list[tuple[str, str]]:
    return [(talk["status"], talk["reason"]) for talk in await world.talks(campaign)]


async def owed(world: World) -> int:
    return await world.read(lambda t: t.outbox.owed_count())


async def test_an_earlier_message_with_the_same_text_is_not_taken_for_the_lost_one(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await begin(world, "echo")
        await world.texts(ADA, "hello")
        await world.passes(seconds=2)
        behave(world, NEVER_TAKEN)
        await world.texts(ADA, "hello")
        await world.passes(minutes=2)
        assert world.heard(ADA) == ["You wrote hello"] * 2


async def test_nor_is_one_that_only_its_callbacks_have_told_of(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await begin(world, "echo")
        behave(world, TAKEN, NEVER_TAKEN)
        for _ in range(2):
            await world.texts(ADA, "hello")
            await world.passes(seconds=10)
        await world.passes(minutes=2)
        assert world.heard(ADA) == ["You wrote hello"] * 2


async def test_a_lost_message_is_not_sent_again_once_its_talk_has_ended(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        behave(world, NEVER_TAKEN)
        await begin(world, "ask")
        for word in ("STOP", "START"):
            await world.texts(ADA, word)
        await world.passes(minutes=2)
        assert not [text for text in world.heard(ADA) if "YES or NO" in text]
        assert await ends(world, "ask") == [("canceled", "opted out")]
        assert dict((await world.read(lambda t: t.campaigns.counts("ask"))).messages) == {"canceled": 1}


async def test_who_opted_out_before_a_lost_message_was_looked_for_is_skipped_and_not_failed(tmp_path: Path) -> None:
    write_project(tmp_path, HELLO)
    fails = SETTINGS.replace("messages_per_second = 1000", 'messages_per_second = 1000\nunknown_sends = "fail"', 1)
    (tmp_path / "pointsman.toml").write_text(fails)
    async with running(tmp_path) as world:
        behave(world, NEVER_TAKEN)
        await begin(world, "hello")
        now = world.clock.now()
        await world.gateway.storage.run(lambda t: t.opt_outs.put("sms", ADA, "stop", now))
        await world.passes(minutes=2)
        assert (world.heard(ADA), await ends(world)) == ([], [("skipped", "opted_out opted out")])


async def test_a_callback_that_tells_of_failure_settles_a_lost_message(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        world.sandbox.twilio("sms").behaviour.end(Ending(ADA, "failed", 30003))
        behave(world, TAKEN, UNREADABLE)
        await begin(world, "hello")
        await world.passes(seconds=20)
        assert (await owed(world), await ends(world)) == (0, [("failed", "30003")])


async def test_waiting_its_turn_takes_nothing_from_the_looks_for_a_lost_message(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        world.sandbox.twilio("sms").behaviour.webhooks = LATE
        behave(world, Fault("throttle", times=MAX_SETTLE_TRIES + 5), TAKEN, Fault("fail", on="read", times=2))
        await begin(world, "hello")
        await world.passes(minutes=4)
        assert (await owed(world), await ends(world)) == (0, [("completed", "")])
        assert world.heard(ADA) == ["Hello Ada"]


async def test_a_lost_message_is_given_up_after_three_days_of_looks_in_vain(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        world.sandbox.twilio("sms").behaviour.webhooks = Webhooks(lost=("status",))
        behave(world, TAKEN, UNREADABLE)
        await begin(world, "hello")
        await world.passes(hours=71)
        assert await owed(world) == 1
        await world.passes(hours=2)
        ((status, reason),) = await ends(world)
        assert (await owed(world), status) == (0, "failed")
        assert re.fullmatch(
            "unknown after 3 days in which the provider could not be asked: the list can't be read: .*", reason
        )


async def test_what_a_callback_told_while_the_send_was_in_the_air_needs_no_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, HELLO) as world:
        sms = world.gateway.adapters["sms"]
        send = sms.send

        async def sends_and_falls_silent(message: OutboundMessage) -> Sent:
            sent = await send(message)
            now = world.clock.now()
            row = {"id": message.id, "status": "sent", "rank": 4, "error": "", "updated_at": now}
            await world.gateway.storage.run(lambda t: t.messages.save_status([row]))
            await world.gateway.storage.run(lambda t: t.messages.record_providers({message.id: sent.provider_id}))
            raise SendUnknown("no answer")

        monkeypatch.setattr(sms, "send", sends_and_falls_silent)
        world.sandbox.twilio("sms").behaviour.webhooks = LATE
        behave(world, UNREADABLE)
        await begin(world, "hello")
        await world.passes(seconds=40)
        assert (await owed(world), world.heard(ADA)) == (0, ["Hello Ada"])


async def test_a_lost_notification_is_found_in_the_channel_that_is_known_by_name(tmp_path: Path) -> None:
    async with running(tmp_path, TELL) as world:
        await world.start("tell")
        await world.give("tell", {"slack": CARLA})
        for fault in (TAKEN, NEVER_TAKEN):
            world.sandbox.slack("slack").behaviour.add(fault)
        for text in ("one", "two"):
            await world.writes(CARLA, text)
            await world.passes(seconds=40)
        assert (await owed(world), world.heard("#billing")) == (0, ["one", "two"])
