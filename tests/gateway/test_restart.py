"""Stopping and starting: work in flight ends, and what was cut off is taken up."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from channels.sandbox import Fault
from gateway import app
from tests.gateway.example_rules import ADA, ECHO, HELLO
from tests.gateway.running import CARLA, SETTINGS, World, running, until
from tests.gateway.test_worker import inbox, last_event


async def owe_greeting(world: World, fault: Fault) -> None:
    """Ada's greeting is being sent at this moment."""
    world.sandbox.twilio("sms").behaviour.add(fault)
    await world.gateway.storage.run(lambda t: t.campaigns.set_status("hello", "active", world.clock.now()))
    body = b'{"phone": "%s", "fields": {"name": "Ada"}}' % ADA.encode()
    async with world.api("PUT", "campaigns/hello/participants", body) as answer:
        assert answer.status == 200
    await until(lambda: is_sending(world))


async def is_sending(world: World) -> bool:
    reached = not world.sandbox.twilio("sms").behaviour.faults
    return reached and await world.read(lambda t: t.outbox.sending_count()) == 1


async def outbox(world: World) -> tuple[int, int]:
    return await world.read(lambda t: (t.outbox.owed_count(), t.outbox.sending_count()))


async def test_a_clean_stop_ends_what_is_in_flight(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await owe_greeting(world, Fault("slow", seconds=0.3))
    async with running(tmp_path) as world:
        assert await outbox(world) == (0, 0)
        await world.passes(minutes=1)
        assert world.heard(ADA) == ["Hello Ada"]


@pytest.mark.parametrize("accept", [True, False], ids=["the provider had it", "the provider never had it"])
async def test_a_message_that_was_being_sent_when_the_process_ended_is_settled_and_sent_once(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, accept: bool
) -> None:
    monkeypatch.setattr(app, "STOP_SECONDS", 0.0)
    async with running(tmp_path, HELLO, database=database_url) as world:
        await owe_greeting(world, Fault("hang", accept=accept, seconds=5))
    async with running(tmp_path, database=database_url) as world:
        await world.passes(minutes=5)
        assert world.heard(ADA) == ["Hello Ada"]
        assert await outbox(world) == (0, 0)
        assert await world.statuses("hello") == ["completed"]


async def test_a_second_try_that_the_end_of_the_process_cut_off_is_not_followed_by_a_third_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be on its way to the provider, who does not list it yet."""
    monkeypatch.setattr(app, "STOP_SECONDS", 0.0)
    async with running(tmp_path, HELLO) as world:
        sms = world.sandbox.twilio("sms").behaviour
        sms.add(Fault("drop"))
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        sms.add(Fault("hang", seconds=5))
        world.clock.advance_to(world.clock.now() + timedelta(seconds=31))
        await until(lambda: is_sending(world))
        ended = world.clock.now()
    async with running(tmp_path, at=ended + timedelta(seconds=1)) as world:
        await world.passes(seconds=14)
        assert world.heard(ADA) == []
        await world.passes(seconds=2)
        assert world.heard(ADA) == ["Hello Ada"]


async def test_a_request_that_was_kept_and_not_read_is_read_after_the_restart(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"slack": CARLA})
        world.gateway.reader_bell.close()
        await until(lambda: has_ended(world))
        world.sandbox.slack("slack").say(CARLA, "hello")
        await until(lambda: waits(world))
    async with running(tmp_path, database=database_url) as world:
        await world.quiet()
        assert world.heard(CARLA) == ["You wrote hello"]


async def test_a_request_kept_for_a_channel_that_left_the_settings_is_parked_at_once_with_a_word(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        world.gateway.reader_bell.close()
        await until(lambda: has_ended(world))
        world.sandbox.slack("slack").say(CARLA, "hello")
        await until(lambda: waits(world))
    (tmp_path / "pointsman.toml").write_text(SETTINGS.partition("[channels.slack]")[0])
    (tmp_path / "sandbox.toml").write_text("")
    async with running(tmp_path, database=database_url) as world:
        with capture_logs() as lines:
            await world.quiet()
        row = await inbox(world, await world.read(last_event))
        assert row == {"state": "parked", "attempts": 0, "error": "channel slack is no longer in the settings"}
        assert [line for line in lines if "exc_info" in line] == []


async def has_ended(world: World) -> bool:
    return any(task.done() for task in world.gateway.tasks)


async def waits(world: World) -> bool:
    return await world.read(lambda t: t.inbox.waiting_count()) == 1


async def test_an_upload_that_was_cut_off_is_imported_to_its_end_and_nobody_is_greeted_twice(tmp_path: Path) -> None:
    phones = [f"+49151{number:08d}" for number in range(10_000_000, 10_000_040)]
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        text = "phone,name\n" + "".join(f"{phone},Ada\n" for phone in phones)
        async with world.api("POST", "campaigns/hello/uploads?file=a.csv", text.encode(), "text/csv") as answer:
            assert answer.status < 300
    async with running(tmp_path) as world:
        await world.quiet()
        await world.passes(minutes=1)
        assert [len(world.heard(phone)) for phone in phones] == [1] * len(phones)


async def test_the_wait_for_a_decision_ends_when_its_time_is_up_or_the_decision_is_there(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        outcomes, loop = world.gateway.outcomes, asyncio.get_running_loop()
        began = loop.time()
        assert await outcomes.decided([999], 0.05) == {}
        assert loop.time() - began < 1
        waiting = asyncio.create_task(outcomes.decided([1], 30))
        await world.give("echo", {"phone": ADA})
        assert await waiting == {1: "created"}
        assert loop.time() - began < 10
