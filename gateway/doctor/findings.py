"""What was found, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at: ``topic`` is settings, secrets, database and so on, ``text`` what was found,
    ``remedy`` what to do about it ("" where it is ok). Nothing personal and no secret is in it."""

    topic: str
    level: Level
    text: str
    remedy: str = ""


def ok(topic: str, text: str) -> Finding:
    """As it should be."""
    return Finding(topic, "ok", text)


def warning(topic: str, text: str, remedy: str) -> Finding:
    """It works, and is doubtful."""
    return Finding(topic, "warning", text, remedy)


def wrong(topic: str, text: str, remedy: str) -> Finding:
    """It keeps the gateway, or a part of it, from working."""
    return Finding(topic, "wrong", text, remedy)
