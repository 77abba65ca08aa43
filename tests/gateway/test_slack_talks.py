"""Talks on Slack, from signed events to posts: direct messages, threads, buttons, and what is none of our business."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.base import InboundMessage
from channels.sandbox import Webhooks
from channels.sandbox.entries import Post
from channels.sandbox.slack_events import Workspace, message_events, signed
from gateway.incoming import new_event
from rules.book import Channel
from storage.values import NewEvent
from tests.gateway.example_rules import ASK_NOW, ECHO
from tests.gateway.running import CARLA, DAN, START, World, running

SECRET = "sandbox-signing-secret"
PLACE = Workspace("T00000001", "A00000001", "U0POINTSMAN")
ASK_ON_SLACK = ASK_NOW.replace("channel: sms", "channel: slack")


async def open_echo(world: World, *users: str) -> None:
    await world.start("echo")
    await world.give("echo", *({"slack": user} for user in users))


def talk(world: World, place: str) -> list[tuple[str, str]]:
    """What was said in a room: (thread, text), ours only."""
    return [(line["thread"], line["text"]) for line in world.lines(place) if line["direction"] == "outbound"]


async def deliver(world: World, body: str) -> int:
    headers = {"Content-Type": "application/json", **signed(SECRET, body, datetime.now(UTC), 0)}
    status = await world.post("webhooks/slack/events", body.encode(), headers)
    await world.quiet()
    return status


async def test_a_direct_message_is_answered_where_it_came_from(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await open_echo(world, CARLA)
        await world.writes(CARLA, "hello")
        assert talk(world, CARLA) == [("", "You wrote hello")]


async def test_a_mention_in_a_channel_starts_a_session_in_a_thread(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await open_echo(world, CARLA)
        thread = await world.mentions(CARLA, "hello", "general")
        assert talk(world, "#general") == [(thread, "You wrote hello")]
        assert len(await world.decisions("message")) == 1  # app_mention and message are one


async def test_others_are_heard_in_a_thread_that_somebody_began_with_us(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await open_echo(world, CARLA, DAN)
        thread = await world.mentions(CARLA, "hello", "general")
        await world.writes(DAN, "me too", "general", thread)
        assert talk(world, "#general") == [(thread, "You wrote hello"), (thread, "You wrote me too")]


async def test_what_others_say_in_a_thread_is_heard_though_it_began_in_the_same_batch(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await open_echo(world, CARLA, DAN)
        said = [heard(CARLA, "hello", "C1:1"), heard(DAN, "me too", "C1:1", addressed=False)]
        await world.gateway.storage.run(lambda t: t.inbox.keep(said))
        world.gateway.worker_bell.ring()
        await world.quiet()
        assert len(await world.fired()) == 2


def heard(user: str, text: str, thread: str, *, addressed: bool = True) -> NewEvent:
    slack = Channel(name="slack", kind="slack", identifier="slack")
    return new_event(slack, InboundMessage(f"{thread}/{user}", user, text, thread, addressed=addressed), START)


async def test_what_people_say_to_one_another_is_none_of_our_business_however_often(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await open_echo(world, CARLA, DAN)
        root = await world.writes(CARLA, "lunch?", "general")
        for text in ("yes", "pizza", "no, soup"):
            await world.writes(DAN, text, "general", root)
        assert talk(world, "#general") == []
        assert await world.read(lambda t: t.messages.known_threads([("slack", f"C0GENERAL:{root}")])) == set()
        assert {row["log"][0].get("note") for row in await world.decisions("message")} == {"not addressed to us"}


async def test_a_button_press_answers_the_question(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK_ON_SLACK, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"slack": CARLA, "name": "Carla"})
        (question,) = [line for line in world.lines(CARLA) if line["buttons"]]
        world.sandbox.slack("slack").press(CARLA, f"D{CARLA[1:]}", question["id"], "Yes")
        await world.quiet()
        (asked,) = await world.talks("ask")
        assert (asked["status"], asked["talk"]["results"]) == ("completed", {"comes": True})
        assert talk(world, CARLA)[-1] == ("", "Noted.")


async def test_a_slash_command_is_a_message_in_words(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await open_echo(world, CARLA)
        await world.writes(CARLA, "/balance now")
        assert talk(world, CARLA) == [("", "You wrote balance now")]


@pytest.mark.parametrize("trait", [{"bot_id": "B0OTHER"}, {"subtype": "bot_message"}, {"user": "U0POINTSMAN"}])
async def test_other_bots_and_our_own_posts_are_kept_and_not_answered(tmp_path: Path, trait: dict[str, str]) -> None:
    async with running(tmp_path, ECHO) as world:
        await open_echo(world, CARLA)
        ((_, body),) = message_events(Post(f"D{CARLA[1:]}", "1772000000.000100", CARLA, "beep", START), PLACE)
        event = json.loads(body)
        event["event"] |= trait
        assert await deliver(world, json.dumps(event)) == 200
        assert await world.decisions("message") == []
        assert talk(world, CARLA) == []


async def test_the_same_event_delivered_twice_is_decided_once(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await open_echo(world, CARLA)
        world.sandbox.slack("slack").behaviour.webhooks = Webhooks(twice=True)
        await world.writes(CARLA, "hello")
        assert talk(world, CARLA) == [("", "You wrote hello")]
        assert len(await world.decisions("message")) == 1


async def test_a_forged_event_is_answered_403_and_nothing_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        headers = {"Content-Type": "application/json", **signed("not-the-secret", "{}", datetime.now(UTC), 0)}
        assert await world.post("webhooks/slack/events", b"{}", headers) == 403
        assert await world.read(lambda t: t.inbox.latest_time()) is None
