"""One vocabulary for all providers: what comes in, what goes out, and the promise every channel makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time a part lives by: the real one, or one that a test or the demo moves by hand."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return once this clock has moved on by ``seconds``."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An HTTP request as it came. ``target`` is the raw path and query, ``headers`` have lower-case names."""

    route: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A person wrote. ``key`` is the provider's id (unique for ever), ``address`` E.164 or a Slack user id.

    ``thread`` is "" for a direct talk (SMS, a direct message), else ``channel:ts`` of the Slack thread.
    ``consent`` is stop, start or help where the provider treats the word so, else "". ``addressed`` is False for talk
    in a thread that does not mention us: it concerns us only where we are part of that thread. One message may come
    both ways and is heard once. ``answers`` is the provider's id of the message whose button was pressed, else "".
    """

    key: str
    address: str
    text: str
    thread: str = ""
    consent: str = ""
    addressed: bool = True
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's word on one of our messages. ``message`` is our id if it travelled along, else "".

    ``status`` is one of accepted, queued, sending, sent, canceled, failed, undelivered, delivered, read.
    """

    key: str
    message: str
    provider_id: str
    status: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A verified request kept whole, to be read later by `Channel.read`. ``address``: whose lane it belongs to."""

    key: str
    address: str
    route: str
    body: str


Incoming = InboundMessage | Receipt | KeptRequest


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider is answered once everything is kept."""

    status: int = 200
    content_type: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Received:
    """What one webhook brought (often one thing, sometimes none) and the answer it gets."""

    items: tuple[Incoming, ...] = ()
    answer: Answer = field(default_factory=Answer)


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A message owed. ``id`` is ours and travels in the status callback address or the metadata."""

    id: str
    to: str
    text: str
    thread: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message: its id for it and its first status (delivered where the answer proves that)."""

    provider_id: str
    status: str


class Channel(Protocol):
    """One configured channel, in both directions."""

    @property
    def name(self) -> str:
        """Its name in the settings."""

    @property
    def kind(self) -> str:
        """sms or slack."""

    @property
    def routes(self) -> tuple[str, ...]:
        """The last parts of its webhook addresses, such as inbound and status."""

    def receive(self, request: WebhookRequest) -> Received:
        """Verify the signature over the raw bytes, then read. Raises `WebhookRefused`; keeps and does nothing."""

    async def read(self, kept: KeptRequest) -> tuple[InboundMessage, ...]:
        """What a kept request says; () where it says nothing to us (other bots, edits)."""

    async def send(self, message: OutboundMessage) -> Sent:
        """Send once. Raises `SendRefused`, `SendThrottled`, `SendUnknown` or `ChannelDown`."""

    async def find(self, message: OutboundMessage, since: datetime, known: frozenset[str]) -> Sent | None:
        """Ask the provider whether it has this message, first tried at ``since``; None: surely not.

        ``known`` are the provider's ids of our other messages to this address: none of them is the one looked for.
        Raises `SendUnknown` where the provider can't tell now.
        """

    async def close(self) -> None:
        """Release connections."""
