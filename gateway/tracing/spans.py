"""The spans of an event's life: it is received, read, decided; messages are owed, sent, and told of by their provider.

An event has a trace, and each message of ours has one, in which its sending and all that is told of it afterwards are.
Which trace and which span follows from the event's key or the message's id, so that whoever goes on with either,
minutes or restarts later, finds its place without anything being stored. What leads from one to another is a link.

Attributes are ids of ours and words of ours: nothing that a person wrote, and no address.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from gateway.counting import outcome_name
from gateway.decided import Decided
from gateway.ids import derived_id
from gateway.log_context import known
from gateway.patience import Outcome
from rules.effects import ChangeMessage, SendMessage
from storage.values import NewEvent, Owed, WaitingEvent

FROM_OUTSIDE = ("message", "receipt", "request")  # kinds of events that a provider brings
WELL = ("sent", "skipped", "throttled")  # what may become of a send without anything being wrong
MAX_LINKS = 100  # of one span

Attribute = str | int | float


class Kind(StrEnum):
    """What a span is, in OpenTelemetry's words."""

    SERVER = "SERVER"
    INTERNAL = "INTERNAL"
    PRODUCER = "PRODUCER"
    CLIENT = "CLIENT"


class Point(NamedTuple):
    """A span of a trace."""

    trace: int
    span: int


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took so many seconds and ends now. ``failed`` says in a word of ours what went wrong."""

    name: str
    kind: Kind
    at: Point
    parent: Point | None = None
    links: Sequence[Point] = ()
    about: Mapping[str, Attribute] = field(default_factory=dict)
    took: float = 0.0
    failed: str = ""


def trace_of(*parts: str) -> int:
    """The trace of these parts, for ever (128 bits)."""
    return int.from_bytes(sha256("\0".join(("trace", *parts)).encode()).digest()[:16]) or 1


def span_of(*parts: str) -> int:
    """The span of these parts, for ever (64 bits)."""
    return int.from_bytes(sha256("\0".join(("span", *parts)).encode()).digest()[:8]) or 1


def owed_at(message: str) -> Point:
    """Where a message's trace begins."""
    return Point(trace_of("message", message), span_of("owe", message))


def received_at(event: NewEvent | WaitingEvent) -> Point:
    """Where an event came in: what is told of a message of ours belongs to its trace."""
    message = event.payload.get("message") if event.kind == "receipt" else ""
    trace = owed_at(message).trace if message else trace_of("event", event.key)
    return Point(trace, span_of("receive", event.key))


def received(event: NewEvent, seconds: float) -> Span:
    """An event came from outside and is on disk, after so many seconds."""
    about = {"kind": event.kind, "channel": event.payload.get("channel")}
    parent = before(event)
    return Span(f"receive {event.kind}", Kind.SERVER, received_at(event), parent, (), told(**about), seconds)


def read(event: WaitingEvent, found: Sequence[NewEvent]) -> Iterator[Span]:
    """A request that was kept whole was read: what it says are events of their own."""
    at = Point(received_at(event).trace, span_of("read", event.key))
    links = [received_at(one) for one in found[:MAX_LINKS]]
    yield Span("read request", Kind.INTERNAL, at, received_at(event), links, told(event=event.id))
    for one in found:
        about = told(kind=one.kind, channel=one.payload.get("channel"))
        yield Span(f"receive {one.kind}", Kind.INTERNAL, received_at(one), before(one), [at], about)


def decided(one: Decided, seconds: float, now: datetime) -> Iterator[Span]:
    """An event was decided, in a batch that took so many seconds; and so a message is owed, or several."""
    event, effects = one.event, [effect for of in one.reactions for effect in of.reaction.effects]
    at = Point(received_at(event).trace, span_of("decide", event.key))
    sent = [effect for effect in effects if isinstance(effect, SendMessage) and not effect.refused]
    changed = [owed_at(effect.message) for effect in effects if isinstance(effect, ChangeMessage)]
    links = [*(owed_at(effect.message) for effect in sent), *(to for to in changed if to.trace != at.trace)]
    parent = received_at(event) if event.kind in FROM_OUTSIDE and not is_outcome(event) else before(event)
    about = {**_about(one), "waited": (now - event.received_at).total_seconds()}
    yield Span(f"decide {event.kind}", Kind.INTERNAL, at, parent, links[:MAX_LINKS], told(**about), seconds)
    for effect in sent:
        of = told(message=effect.message, communication=effect.communication, channel=effect.channel)
        yield Span("owe message", Kind.PRODUCER, owed_at(effect.message), None, [at], of)


def sent(owed: Owed, outcome: Outcome, seconds: float) -> Span:
    """A message was given to its provider, or was not, in so many seconds."""
    became, parent = outcome_name(outcome), owed_at(owed.message)
    at = Point(parent.trace, span_of("send", owed.message, str(owed.attempts), str(owed.first_tried_at)))
    about = {name: getattr(owed, name) for name in ("message", "communication", "campaign", "channel", "attempts")}
    failed = "" if became in WELL else became
    return Span("send message", Kind.CLIENT, at, parent, (), told(outcome=became, **about), seconds, failed)


def before(event: NewEvent | WaitingEvent) -> Point | None:
    """What brought it about: of what is told of a message of ours, that it was owed."""
    message = event.payload.get("message") if event.kind == "receipt" else ""
    return owed_at(message) if message else None


def is_outcome(event: WaitingEvent) -> bool:
    """Whether the gateway itself tells, by this event, what became of a send."""
    return event.key == f"send:{event.payload.get('message')}"


def told(**about: Any) -> dict[str, Attribute]:
    """Attributes of these, those that are known."""
    return {f"pointsman.{name}": value for name, value in about.items() if value not in ("", None)}


def _about(one: Decided) -> dict[str, Any]:
    event, places = one.event, [reacted.place for reacted in one.reactions]
    own = derived_id(event.key, "message") if event.kind == "message" and not one.overheard else ""
    message = event.payload.get("message") if event.kind == "receipt" else own
    return {
        "event": event.id,
        "kind": event.kind,
        "customer": one.customer,
        "campaigns": ",".join(place.campaign for place in places),
        "applied": str(one.reactions[0].reaction.applied) if one.reactions else "unknown",
        "communication": one.heard[1] if one.heard else "",
        **known(message=message, upload=event.payload.get("upload")),
    }
