"""What an outsider writes stays a text: it pings nobody on Slack, forges no link or block, and is never a template."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pytest_aiohttp import AiohttpServer

from channels.base import OutboundMessage
from channels.sandbox.slack_events import signed as signed_by_slack
from channels.slack.blocks import MAX_BUTTON_TEXT, content
from channels.slack.words import escape, plain
from tests.channels.signing import payload
from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.running import FORM, World, running
from tests.gateway.test_ingress import inbound

RELAY = """
campaign: relay
fields:
  name: {type: string, level: customer}
flows:
  talk:
    wrote: {when: incoming_session, next: tell}
    tell: {do: notify, channel: slack, to: "#billing", text: "{{ name }} wrote: {{ message.text }}", next: answer}
    answer: {do: reply, text: "You wrote {{ message.text }}"}
"""
ATTACKS = [
    "<!channel> <!here> <!everyone> <!subteam^S1> <@U00000003> <#C1|general>",
    "<https://evil.example|https://bank.example>",
    "&lt;!channel&gt; &amp;lt;!here&amp;gt;",
    "@channel @here @everyone",
    '[{"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}]',
    '"}}], "blocks": [{"type": "divider"}], "x": [{"y": {"z": "',
    "<!date^1392734382^{date}|x>\u2028<!channel>\n<!here>",
]
TEMPLATES = ["{{ name }}", "{{ 7 * 7 }}", "{% for x in y %}", "${name} #{name} %(name)s {name}", "{{ message.text }}"]
SPECIAL = re.compile(r"[<>]|&(?!amp;|lt;|gt;)")


async def heard_by(world: World, text: str) -> tuple[dict[str, Any], str]:
    """Somebody who calls themselves by the same text sends it: the arguments of the post on Slack, and the SMS."""
    await world.start("relay")
    await world.give("relay", {"phone": ADA, "name": text})
    await world.texts(ADA, text)
    slack = world.sandbox.slack("slack")
    room = next(room for room, name in slack._book.names.items() if name == "billing")
    (post,) = slack._book.posts(room)
    return {"text": post.text, "blocks": post.blocks}, world.heard(ADA)[-1]


@pytest.mark.parametrize("text", ATTACKS)
async def test_text_relayed_to_slack_pings_nobody_and_forges_no_link_and_no_block(tmp_path: Path, text: str) -> None:
    async with running(tmp_path, RELAY) as world:
        post, answer = await heard_by(world, text)
    assert not SPECIAL.search(post["text"])
    assert plain(post["text"]) == f"{text} wrote: {text}".strip()
    assert not post["blocks"]
    assert answer == f"You wrote {text}"


@pytest.mark.parametrize("text", TEMPLATES)
async def test_text_from_outside_is_never_evaluated_as_a_template(tmp_path: Path, text: str) -> None:
    async with running(tmp_path, RELAY) as world:
        post, answer = await heard_by(world, text)
    assert post["text"] == f"{text} wrote: {text}"
    assert answer == f"You wrote {text}"


@given(st.text(alphabet=st.sampled_from("<>&!@#|;ampltgc^ \n{}\"'\\é"), max_size=200), st.booleans())
def test_no_text_at_all_comes_alive_in_a_post(text: str, choices: bool) -> None:
    posted = content(OutboundMessage("0" * 32, "C1", text, choices=(text or "a",) if choices else ()))
    marked = [posted["text"], *(block["text"]["text"] for block in posted.get("blocks", ()) if "text" in block)]
    assert all(not SPECIAL.search(one) for one in marked)
    assert posted["text"] == escape(text)
    for block in posted.get("blocks", ()):
        for button in block.get("elements", ()):
            assert button["text"]["type"] == "plain_text"
            assert len(button["text"]["text"]) <= MAX_BUTTON_TEXT


@pytest.mark.parametrize("months", [1, 13])
async def test_a_webhook_replayed_after_months_is_known_by_its_key(tmp_path: Path, months: int) -> None:
    """Twilio's signatures never expire: who has a recorded request could send it for ever."""
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        assert await world.webhook("inbound", inbound()) == 200
        await world.passes(days=30.0 * months)
        assert await world.webhook("inbound", inbound()) == 200
        await world.quiet()
        assert world.heard(ADA) == ["You wrote hello"]
        assert len(await world.decisions("message")) == 1


async def test_an_address_that_a_webhook_names_is_never_called(tmp_path: Path, aiohttp_server: AiohttpServer) -> None:
    """Not the files of a message, not the response_url of a command; callbacks go to the address of the settings."""
    called: list[str] = []

    async def trap(request: web.Request) -> web.Response:
        called.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", trap)
    bait = str((await aiohttp_server(app)).make_url("/"))
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        form = inbound() | {"NumMedia": "1", "MediaUrl0": bait, "StatusCallback": bait, "ErrorUrl": bait}
        assert await world.webhook("inbound", form) == 200
        command = payload("slack_command") | {"team_id": "T00000001", "api_app_id": "A00000001", "response_url": bait}
        body = urlencode(command).encode()
        signed = signed_by_slack("sandbox-signing-secret", body.decode(), datetime.now(UTC), 1)
        assert await world.post("webhooks/slack/commands", body, {**FORM, **signed}) == 200
        await world.quiet()
        assert len(await world.decisions("message")) == 2
    assert called == []
