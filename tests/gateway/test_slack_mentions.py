"""A mention comes twice, as such and as talk of its channel: it is heard once, whatever Slack says of the second."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.base import InboundMessage
from channels.sandbox.entries import Post
from channels.sandbox.slack_events import Workspace, message_events, signed
from gateway.incoming import new_event
from rules.book import Channel
from tests.gateway.example_rules import ECHO
from tests.gateway.running import CARLA, DAN, START, World, running

SECRET = "sandbox-signing-secret"
PLACE = Workspace("T00000001", "A00000001", "U0POINTSMAN")
ROOT, REPLY = "1772000000.000100", "1772000001.000100"
MENTION = f"<@{PLACE.bot_user}> hello"


def copies(thread: str, *, named: bool) -> tuple[str, str]:
    """The message event and the app_mention of a mention; ``named``: the message says who our bot is."""
    post = Post("C0GENERAL", REPLY if thread else ROOT, CARLA, MENTION, START, thread)
    (_, message), (_, mention) = message_events(post, PLACE)
    event = json.loads(message)
    if not named:
        event["authorizations"][0] |= {"is_bot": False, "user_id": DAN}
    return json.dumps(event), mention


async def deliver(world: World, *bodies: str) -> None:
    for body in bodies:
        headers = {"Content-Type": "application/json", **signed(SECRET, body, datetime.now(UTC), 0)}
        assert await world.post("webhooks/slack/events", body.encode(), headers) == 200
    await world.quiet()


async def heard(world: World) -> int:
    return len([trigger for trigger in await world.fired() if trigger[0] == "incoming_session"])


@pytest.mark.parametrize("named", [True, False], ids=["our bot named", "another named"])
@pytest.mark.parametrize("swapped", [False, True], ids=["message first", "mention first"])
@pytest.mark.parametrize("thread", ["", ROOT, "known"])
async def test_a_mention_is_heard_exactly_once(tmp_path: Path, named: bool, swapped: bool, thread: str) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"slack": CARLA})
        before = 0
        if thread == "known":
            await deliver(world, *copies("", named=True))
            before = await heard(world)
        both = copies(ROOT if thread else "", named=named)
        await deliver(world, *(reversed(both) if swapped else both))
        assert await heard(world) == before + 1


@pytest.mark.parametrize("addressed", [(True, False), (False, True), (True, True)])
async def test_so_it_is_where_both_copies_are_decided_together(tmp_path: Path, addressed: tuple[bool, bool]) -> None:
    slack = Channel(name="slack", kind="slack", identifier="slack")
    said = [InboundMessage(f"C1:{REPLY}", CARLA, "hello", f"C1:{ROOT}", addressed=each) for each in addressed]
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"slack": CARLA})
        await world.gateway.storage.run(lambda t: t.inbox.keep([new_event(slack, each, START) for each in said]))
        world.gateway.worker_bell.ring()
        await world.quiet()
        assert await heard(world) == 1
