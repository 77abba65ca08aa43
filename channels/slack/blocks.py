"""A message as Slack takes it: escaped text, buttons for the choices, our id in the metadata."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from channels.base import OutboundMessage
from channels.errors import Withheld
from channels.slack.body import word
from channels.slack.words import escape

EVENT_TYPE = "pointsman_message"

MAX_TEXT = 40_000
MAX_SECTION = 3_000
MAX_CHOICES = 25
BUTTONS_IN_A_ROW = 5
MAX_BUTTON_TEXT = 75
MAX_BUTTON_VALUE = 2_000

Block = dict[str, Any]


def content(message: OutboundMessage) -> dict[str, Any]:
    """The parameters of chat.postMessage besides the channel. Raises `SendRefused` naming a limit passed."""
    _check(message)
    text = escape(message.text)
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"id": message.id, "says": says(message)}}
    posted = {"text": text, "metadata": metadata, "unfurl_links": False, "unfurl_media": False}
    return posted | ({"blocks": [*_sections(text), *_rows(message.choices)]} if message.choices else {})


def says(message: OutboundMessage) -> str:
    """What a message says, as a short digest that is the same for the same text and choices: the text that Slack lists
    is not the one that it was given (links, emoji)."""
    return sha256(json.dumps([message.text, *message.choices]).encode()).hexdigest()[:32]


def our_words(posted: Block) -> tuple[str, str]:
    """Our id of a message as Slack lists it, and what it `says`; "" for what it does not bear."""
    metadata = posted.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return "", ""
    payload = metadata.get("event_payload")
    return (word(payload, "id"), word(payload, "says")) if isinstance(payload, dict) else ("", "")


def _check(message: OutboundMessage) -> None:
    # Slack cuts a longer text silently.
    _limit("msg_too_long", "characters of text", len(escape(message.text)), MAX_TEXT)
    _limit("too_many_choices", "choices", len(message.choices), MAX_CHOICES)
    longest = max((len(choice) for choice in message.choices), default=0)
    _limit("choice_too_long", "characters in a choice", longest, MAX_BUTTON_VALUE)


def _limit(code: str, what: str, count: int, most: int) -> None:
    if count > most:
        raise Withheld(code, f"{count} {what}, at most {most} can be sent")


def _sections(text: str) -> Iterator[Block]:
    """The text in blocks of at most `MAX_SECTION` characters, never cut inside an escape."""
    while text:
        part = text[:MAX_SECTION]
        escape_at = part.rfind("&", MAX_SECTION - len("&amp;") + 1)
        if escape_at > 0 and ";" not in part[escape_at:]:
            part = part[:escape_at]
        yield {"type": "section", "text": {"type": "mrkdwn", "text": part}}
        text = text[len(part) :]


def _rows(choices: tuple[str, ...]) -> Iterator[Block]:
    buttons = [_button(number, choice) for number, choice in enumerate(choices)]
    for start in range(0, len(buttons), BUTTONS_IN_A_ROW):
        yield {"type": "actions", "elements": buttons[start : start + BUTTONS_IN_A_ROW]}


def _button(number: int, choice: str) -> Block:
    shown = choice if len(choice) <= MAX_BUTTON_TEXT else choice[: MAX_BUTTON_TEXT - 1] + "…"
    return {
        "type": "button",
        "action_id": f"choice_{number}",
        "text": {"type": "plain_text", "text": shown},
        "value": choice,
    }
