"""What a look-alike writes down: an `Entry` is one line of the journal, all of it true or none of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """From ``at`` on the message has this status (Twilio's words); ``error`` is Twilio's code, 0 for none."""

    status: str
    at: datetime
    error: int = 0


@dataclass(frozen=True, slots=True)
class Sms:
    """One message in Twilio's books. ``steps`` are known from the start: its status follows from the time alone.

    ``service``: the Messaging Service it was sent through, "" for none; ``media`` the types of the files with it.
    """

    sid: str
    phone: str
    inbound: bool
    text: str
    at: datetime
    steps: tuple[Step, ...] = ()
    service: str = ""
    media: tuple[str, ...] = ()

    def step_at(self, now: datetime) -> Step:
        """The step it has reached."""
        reached = [step for step in self.steps if step.at <= now]
        return reached[-1] if reached else self.steps[0]


@dataclass(frozen=True, slots=True)
class Post:
    """One message in a Slack room. ``user`` is the bot's user id where the app wrote it; ``thread`` the root's ts."""

    room: str
    ts: str
    user: str
    text: str
    at: datetime
    thread: str = ""
    client_msg_id: str = ""
    blocks: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Press:
    """A person pressed the button with this value below a post."""

    room: str
    ts: str
    user: str
    value: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook owed. Those of one ``lane`` go out one after the other; it is signed anew at each attempt."""

    id: str
    channel: str
    lane: str
    due: datetime
    url: str
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a scripted person will do at ``due``: say ``text`` or ``press`` a button below the post ``message``.

    ``key`` names the line of the script it comes from; ``room`` and ``thread`` are Slack's.
    """

    id: str
    key: str
    channel: str
    lane: str
    due: datetime
    address: str
    text: str = ""
    press: str = ""
    message: str = ""
    room: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became true together. ``done``: a delivery was answered or a plan carried out; ``lost``: was given up."""

    channel: str = ""
    sms: Sms | None = None
    post: Post | None = None
    press: Press | None = None
    phone: str = ""
    owed: tuple[Delivery, ...] = ()
    plans: tuple[Plan, ...] = ()
    done: str = ""
    lost: str = ""
