"""What a look-alike is given by the sandbox it stands in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from channels.base import Clock
from channels.sandbox.behaviour import Behaviour
from channels.sandbox.entries import Delivery, Entry, Plan
from channels.sandbox.people import Cast
from channels.sandbox.wire import Reply, SandboxRequest


class SayRefused(ValueError):
    """A person cannot say that: an unknown channel, room, user or button, or a text too long."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The sandbox's clock, its cast, and its pen: ``keep`` writes an entry down and makes it true.

    ``wall_time`` is the real time, for signatures; ``public_url`` is where gateway and sandbox are reached.
    """

    clock: Clock
    wall_time: Callable[[], datetime]
    public_url: str
    cast: Cast
    keep: Callable[[Entry], None]

    def webhook(self, channel: str, route: str) -> str:
        """The gateway's address for this channel's webhooks of this route."""
        return f"{self.public_url}/webhooks/{channel}/{route}"


class LookAlike(Protocol):
    """One channel of the sandbox."""

    @property
    def name(self) -> str:
        """The channel's name."""

    @property
    def kind(self) -> str:
        """sms or slack."""

    @property
    def behaviour(self) -> Behaviour:
        """How it was told to behave."""

    def attach(self, desk: Desk) -> None:
        """Stand in this sandbox."""

    def answer(self, request: SandboxRequest) -> Reply:
        """Answer one request of the provider's API."""

    def apply(self, entry: Entry) -> None:
        """Make true what the entry says."""

    def sign(self, delivery: Delivery, tries: int) -> Mapping[str, str]:
        """The headers of one attempt at a delivery."""

    def act(self, plan: Plan) -> None:
        """Do what a scripted person planned."""

    def snapshot(self, people: int, messages: int) -> dict[str, Any]:
        """Its conversations: the newest of this many people or rooms, with the newest of this many messages."""
