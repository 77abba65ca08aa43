"""A scene: all that is known about one participant of one campaign when something happens. A snapshot of values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from rules.facts import Fact
from rules.statuses import OPEN_STATUSES, OWED, CommunicationStatus
from rules.values import Values

if TYPE_CHECKING:
    from rules.book import Rulebook


@dataclass(frozen=True, slots=True)
class Customer:
    """A person, shared by all campaigns. Identifiers are external_id, phone (E.164), email and slack (a user id)."""

    id: str
    identifiers: Mapping[str, str] = field(default_factory=dict)
    fields: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Participant:
    """A customer's place in one campaign. ``entered``: Participant Created has fired (it fires once).

    ``held`` are the facts raised while the campaign was stopped, oldest first: they are worked off once it runs again.
    """

    id: str
    fields: Values = field(default_factory=dict)
    entered: bool = False
    outcome: str = ""
    held: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """How far an agent is with one person: the number of the question asked (from 0), tries used, results so far."""

    question: int = 0
    tries: int = 0
    results: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Communication:
    """One talk between a participant and an agent on one channel.

    ``node`` is the full name of the node that planned it; ``rules`` the content hash of the rule file it began with;
    ``at`` when it is (or was) to begin, UTC; ``opened`` whether its first message is owed or sent; ``thread`` the
    provider's thread it lives in ("" for a direct talk); ``reason`` why it ended, in the operator's words.
    """

    id: str
    flow: str
    node: str
    agent: str
    channel: str
    address: str
    rules: str
    at: datetime
    thread: str = ""
    status: CommunicationStatus = CommunicationStatus.PLANNED
    opened: bool = False
    talk: Talk = Talk()
    reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES


@dataclass(frozen=True, slots=True)
class Message:
    """One outbound message, as far as deciding needs it. ``communication`` is "" for a reply or a notification."""

    id: str
    communication: str
    status: str = OWED
    error: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything `react` may look at besides the rulebook, the event and the time.

    ``communications`` holds at least the open ones, the last one and those that held facts are about, oldest first;
    ``messages`` the outbound messages the event is about; ``opted_out`` pairs of (channel, address); ``active`` whether
    the campaign runs, that is whether triggers fire; ``earlier`` rulebooks of earlier versions that open communications
    began with, by hash.
    ``participant`` is None while the customer has not joined the campaign.
    """

    customer: Customer
    participant: Participant | None = None
    communications: tuple[Communication, ...] = ()
    messages: tuple[Message, ...] = ()
    opted_out: frozenset[tuple[str, str]] = frozenset()
    active: bool = True
    earlier: Mapping[str, "Rulebook"] = field(default_factory=dict)
