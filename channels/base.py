"""One vocabulary for all providers: what comes in, what goes out, and the promise every channel makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from channels.examining import Examination

MAX_MEDIA = 10  # files of one message that are kept: Twilio sends no more
MAX_MEDIA_URL = 2_000  # characters


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
class Media:
    """A file that came with a message: where the provider keeps it (as told, checked only by who fetches it), and its
    media type."""

    url: str
    type: str = ""


class InboundMessage(NamedTuple):
    """A person wrote. ``key`` is the provider's id (unique for ever), ``address`` E.164 or a Slack user id.

    ``thread`` is "" for a direct talk (SMS, a direct message), else ``channel:ts`` of the Slack thread.
    ``consent`` is stop, start or help where the provider treats the word so, else "". ``addressed`` is False for talk
    in a thread that does not mention us: it concerns us only where we are part of that thread. One message may come
    both ways and is heard once. ``answers`` is the provider's id of the message whose button was pressed, else "".
    ``media`` are the files that came with it, at most `MAX_MEDIA`.
    """

    key: str
    address: str
    text: str
    thread: str = ""
    consent: str = ""
    addressed: bool = True
    answers: str = ""
    media: tuple[Media, ...] = ()


class Receipt(NamedTuple):
    """A provider's word on one of our messages. ``message`` is our id if it travelled along, else "".

    ``status`` is one of accepted, queued, sending, sent, canceled, failed, undelivered, delivered, read.
    """

    key: str
    message: str
    provider_id: str
    status: str
    error: str = ""


class KeptRequest(NamedTuple):
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


DONE = Answer()


class Received(NamedTuple):
    """What one webhook brought (often one thing, sometimes none) and the answer it gets."""

    items: tuple[Incoming, ...] = ()
    answer: Answer = DONE


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A message owed. ``id`` is ours and travels in the status callback address or the metadata."""

    id: str
    to: str
    text: str
    thread: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenTalk:
    """A talk of ours that goes on: with whom, in which thread ("" direct), and ``said``, the provider's id of what we
    said there last ("" where it is not known)."""

    address: str
    thread: str = ""
    said: str = ""


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

    def may_be_signed(self, headers: Mapping[str, str], at: datetime) -> bool:
        """Whether a request that has these headers (lower-case names) at this moment (UTC) can be the provider's: what
        is known before its body. False: `receive` would refuse it, whatever the body."""

    def receive(self, request: WebhookRequest) -> Received:
        """Verify the signature over the raw bytes, then read. Raises `WebhookRefused`; keeps and does nothing."""

    async def read(self, kept: KeptRequest) -> tuple[InboundMessage, ...]:
        """What a kept request says; () where it says nothing to us (other bots, edits)."""

    async def send(self, message: OutboundMessage) -> Sent:
        """Send once. Raises `SendRefused`, `SendThrottled`, `SendUnknown` or `ChannelDown`."""

    async def find(
        self, message: OutboundMessage, since: datetime, known: frozenset[str], *, redone: bool = False
    ) -> Sent | None:
        """Ask the provider whether it has this message, first tried at ``since``; None: surely not.

        ``known`` are the provider's ids of our other messages to this address: none of them is the one looked for.
        ``redone``: it may have been sent under another id of ours that is forgotten, so what says the same is the one;
        of several such, the oldest.
        Raises `SendUnknown` where the provider can't tell (now), and `ChannelDown`.
        """

    @property
    def looks_into_talks(self) -> bool:
        """Whether `missed` looks only into the talks given; else the provider lists what everybody wrote."""

    async def missed(
        self, since: datetime, until: datetime, talks: Sequence[OpenTalk] = ()
    ) -> tuple[InboundMessage, ...]:
        """What people wrote from ``since`` to ``until`` (UTC), oldest first, as the provider keeps it: each message
        exactly as its webhook brings it, key and all, so that one heard already is known again.

        Raises any `ChannelError` where the provider can't tell now.
        """

    async def states(self, sent: Mapping[str, str]) -> tuple[Receipt, ...]:
        """How far messages of ours have come, by the provider's id to our id: each as the callback that tells of it.

        () from a provider without such callbacks. Raises any `ChannelError` where the provider can't tell now.
        """

    async def examine(self) -> Examination:
        """What the provider says of our account; nothing is sent to anybody. Raises any `ChannelError`."""

    async def close(self) -> None:
        """Release connections."""
