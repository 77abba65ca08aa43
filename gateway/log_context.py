"""What every log line says that is written while one event or one message is worked on: its ids, and nothing personal.

Lines of libraries say it, too. What is logged on a thread of the storage does not.
"""

from contextlib import AbstractContextManager
from typing import Any

from structlog.contextvars import bind_contextvars, bound_contextvars

from storage.values import Owed, WaitingEvent

HIDDEN = "…"  # in place of an address


def told_of_event(event: WaitingEvent) -> AbstractContextManager[Any]:
    """Within this block lines name the event by its number (``inbox``), kind and lane, and whom and what it is about,
    where that is known."""
    return bound_contextvars(inbox=event.id, kind=event.kind, lane=lane_told(event.lane), **_about(event))


def tell_of_message(owed: Owed) -> None:
    """From here on lines of this task name the message, its communication, campaign and channel."""
    bind_contextvars(**known(message=owed.message, communication=owed.communication), **_where(owed))


def lane_told(lane: str) -> str:
    """A lane without the address that it has while nobody knows whose that is (``phone:…``)."""
    kind, colon, _ = lane.partition(":")
    return f"{kind}:{HIDDEN}" if colon else lane


def known(**ids: Any) -> dict[str, str]:
    """Those that are."""
    return {name: str(value) for name, value in ids.items() if value}


def _about(event: WaitingEvent) -> dict[str, str]:
    return known(**{name: event.payload.get(name) for name in ("campaign", "customer", "participant", "message")})


def _where(owed: Owed) -> dict[str, str]:
    return known(campaign=owed.campaign, channel=owed.channel)
