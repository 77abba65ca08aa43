"""STOP, START and HELP: kept and obeyed before any rule runs."""

from pathlib import Path

from channels.sandbox import Fault
from storage.values import About, NewEvent
from tests.gateway.example_rules import ADA, ASK_NOW, ECHO, HELLO
from tests.gateway.running import World, running

OPEN_TO_ALL = ECHO.replace("flows:", "channels: {sms: {enroll: true}}\nflows:")
OPENING = "Hello Ada.\nWill you come? YES or NO"


async def said_by_us(world: World) -> list[str]:
    """What we said to Ada, without what Twilio answers by itself."""
    return [text for text in world.heard(ADA) if "STOP" not in text and "subscribed" not in text]


async def opted_out(world: World) -> bool:
    return bool(await world.read(lambda t: t.opt_outs.among([("sms", ADA)])))


async def owed_ever(world: World) -> int:
    """How many messages were to be sent, whatever became of them."""
    return sum((await world.read(lambda t: t.campaigns.counts("echo"))).messages.values())


async def test_stop_ends_the_open_talk_and_nothing_is_said_any_more(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK_NOW, ECHO, database=database_url) as world:
        for campaign in ("ask", "echo"):
            await world.start(campaign)
            await world.give(campaign, {"phone": ADA, "name": "Ada"} if campaign == "ask" else {"phone": ADA})
        await world.passes(seconds=2)
        await world.texts(ADA, "Stop")
        await world.texts(ADA, "hello?")
        assert await opted_out(world)
        assert [(talk["status"], talk["reason"]) for talk in await world.talks("ask")] == [("canceled", "opted out")]
        assert await said_by_us(world) == [OPENING]


async def test_stop_withdraws_what_is_still_owed(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, HELLO, ECHO, database=database_url) as world:
        await world.start("hello")
        await world.start("echo")
        world.sandbox.twilio("sms").behaviour.add(Fault("throttle", retry_after=60))
        await world.give("echo", {"phone": ADA})
        await world.texts(ADA, "hello?")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        assert await world.read(lambda t: t.outbox.owed_count()) == 2
        await world.texts(ADA, "STOP")
        assert await world.read(lambda t: t.outbox.owed_count()) == 0
        await world.passes(minutes=5)
        assert await said_by_us(world) == []
        counts = await world.read(lambda t: t.campaigns.counts("hello"))
        assert dict(counts.messages) == {"canceled": 1}
        assert dict(counts.communications) == {"canceled": 1}


async def test_who_has_said_stop_is_skipped_until_they_say_start(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, HELLO, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        await world.texts(ADA, "STOP")
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        assert [(talk["status"], talk["reason"]) for talk in await world.talks("hello")] == [("skipped", "opted out")]
        await world.texts(ADA, "START")
        await world.texts(ADA, "hello")
        assert not await opted_out(world)
        assert await said_by_us(world) == ["You wrote START", "You wrote hello"]


async def test_neither_a_stop_nor_what_came_right_after_it_is_answered(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        at_once = [said(world, "1", "STOP", "stop"), said(world, "2", "hello?", "")]
        await world.gateway.storage.run(lambda t: t.inbox.keep(at_once))
        world.gateway.worker_bell.ring()
        await world.quiet()
        assert len(await world.decisions("message")) == 2
        assert await owed_ever(world) == 0


async def test_a_stranger_who_has_said_stop_is_enrolled_by_a_word_and_not_written_to(tmp_path: Path) -> None:
    async with running(tmp_path, OPEN_TO_ALL) as world:
        await world.start("echo")
        await world.texts(ADA, "STOP")
        assert await world.people("echo") == []
        await world.texts(ADA, "hello?")
        assert len(await world.people("echo")) == 1
        assert await owed_ever(world) == 0
        await world.texts(ADA, "START")
        assert await said_by_us(world) == ["You wrote START"]


async def test_help_is_answered_by_the_provider_and_reaches_no_agent(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.passes(seconds=2)
        await world.texts(ADA, "HELP")
        (talk,) = await world.talks("ask")
        assert (talk["status"], talk["talk"]["tries"]) == ("delivered", 0)
        await world.texts(ADA, "yes")
        assert await said_by_us(world) == [OPENING, "Noted."]


async def test_a_stop_withdraws_what_was_owed_before_it_though_a_start_follows_at_once(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        world.sandbox.twilio("sms").behaviour.add(Fault("throttle", retry_after=60))
        await world.texts(ADA, "owed before")
        talk = [("1", "in the same batch", ""), ("2", "STOP", "stop"), ("3", "START", "start"), ("4", "after it", "")]
        await world.gateway.storage.run(lambda t: t.inbox.keep([said(world, *one) for one in talk]))
        world.gateway.worker_bell.ring()
        await world.passes(minutes=5)
        assert not await opted_out(world)
        assert world.heard(ADA) == ["You wrote START", "You wrote after it"]
        assert await world.read(lambda t: t.outbox.owed_count()) == 0


def said(world: World, key: str, text: str, consent: str) -> NewEvent:
    payload = {"channel": "sms", "key": key, "address": ADA, "text": text, "consent": consent}
    whole = {**payload, "thread": "", "addressed": True, "answers": ""}
    return NewEvent(f"sms:{key}", "message", About("phone", ADA), whole, world.clock.now())
