"""Slack's webhooks: payloads and signature. https://docs.slack.dev/apis/events-api and /interactivity"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from channels.sandbox.entries import Post

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Who speaks and listens: the team, the app and its bot."""

    team: str
    app_id: str
    bot_user: str

    @property
    def bot_id(self) -> str:
        """The bot's own id, beside its user id."""
        return f"B{self.bot_user[1:]}"


def signed(secret: str, body: str, at: datetime, tries: int) -> Mapping[str, str]:
    """Slack's headers: v0=HMAC-SHA256 over time and body; retries say which and why."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    retry = {"X-Slack-Retry-Num": str(tries), "X-Slack-Retry-Reason": "http_error"} if tries else {}
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        **retry,
    }


def as_message(post: Post, place: Workspace) -> dict[str, Any]:
    """A post as Slack's API and events show it, metadata left out."""
    shown: dict[str, Any] = {
        "type": "message",
        "user": post.user,
        "text": post.text,
        "ts": post.ts,
        "team": place.team,
        "blocks": list(post.blocks),
    }
    if post.user == place.bot_user:
        shown |= {"bot_id": place.bot_id, "app_id": place.app_id}
    if post.client_msg_id:
        shown["client_msg_id"] = post.client_msg_id
    if post.thread:
        shown["thread_ts"] = post.thread
    return shown


def message_events(post: Post, place: Workspace) -> Iterator[tuple[str, str]]:
    """Event id and body of what a post sets off: a message event, and app_mention beside it where the bot is named."""
    kind = "im" if post.room.startswith("D") else "channel"
    shared = {"channel": post.room, "event_ts": post.ts}
    message = as_message(post, place) | shared
    yield _event(message | {"channel_type": kind}, post, place)
    if kind == "channel" and f"<@{place.bot_user}>" in post.text and post.user != place.bot_user:
        yield _event(message | {"type": "app_mention"}, post, place)


def press_payload(post: Post, button: Mapping[str, Any], who: Mapping[str, str], place: Workspace, ts: str) -> str:
    """The body of a pressed button's request; ``who`` holds id, name, room_name and response_url."""
    message = as_message(post, place)
    room = {"id": post.room, "name": who["room_name"]}
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": who["id"], "username": who["name"], "name": who["name"], "team_id": place.team},
        "api_app_id": place.app_id,
        "token": "",
        "container": {"type": "message", "message_ts": post.ts, "channel_id": post.room, "is_ephemeral": False},
        "trigger_id": f"{ts}.{uuid4().hex}",
        "team": {"id": place.team, "domain": "sandbox"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": room,
        "message": message,
        "state": {"values": {}},
        "response_url": who["response_url"],
        "actions": [{**button, "action_ts": ts}],
    }
    return urlencode({"payload": json.dumps(payload)})


def command_form(text: str, room: str, who: Mapping[str, str], place: Workspace) -> str:
    """The body of a slash command's request. https://docs.slack.dev/interactivity/implementing-slash-commands"""
    command, _, rest = text.partition(" ")
    return urlencode(
        {
            "token": "",
            "team_id": place.team,
            "team_domain": "sandbox",
            "channel_id": room,
            "channel_name": who["room_name"],
            "user_id": who["id"],
            "user_name": who["name"],
            "command": command,
            "text": rest.strip(),
            "api_app_id": place.app_id,
            "is_enterprise_install": "false",
            "response_url": who["response_url"],
            "trigger_id": f"{uuid4().int % 10**12}.{uuid4().hex}",
        }
    )


def buttons(post: Post) -> tuple[Mapping[str, Any], ...]:
    """The buttons a post offers, in the shape of a block_actions action."""
    return tuple(
        {
            "action_id": str(element.get("action_id", "")),
            "block_id": str(block.get("block_id", "")),
            "text": element.get("text", {}),
            "value": str(element.get("value", "")),
            "type": "button",
        }
        for block in post.blocks
        if block.get("type") == "actions" and isinstance(block.get("elements"), list)
        for element in block["elements"]
        if isinstance(element, dict) and element.get("type") == "button"
    )


def readable(text: str) -> str:
    """A text as Slack shows it: & < > are escaped on the wire. https://docs.slack.dev/messaging/formatting-message-text"""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def label(button: Mapping[str, Any]) -> str:
    """What is written on it."""
    text = button["text"]
    return str(text.get("text", "")) if isinstance(text, Mapping) else ""


def _event(event: Mapping[str, Any], post: Post, place: Workspace) -> tuple[str, str]:
    event_id = f"Ev{uuid4().hex[:12].upper()}"
    authorization = {
        "enterprise_id": None,
        "team_id": place.team,
        "user_id": place.bot_user,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    body = {
        "token": "",
        "team_id": place.team,
        "context_team_id": place.team,
        "context_enterprise_id": None,
        "api_app_id": place.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(post.at.timestamp()),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }
    return event_id, json.dumps(body)
