"""A scene: all that is known about one participant of one campaign when something happens. A snapshot of values.

None of them has slots: `rules.copies` makes the next scene from their dictionaries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from rules.events import MessageReceived
from rules.facts import Fact
from rules.statuses import OPEN_STATUSES, OWED, CommunicationStatus
from rules.values import Values

if TYPE_CHECKING:
    from rules.book import Rulebook


@dataclass(frozen=True)
class Customer:
    """A person, shared by all campaigns. Identifiers are external_id, phone (E.164), email and slack (a user id)."""

    id: str
    identifiers: Mapping[str, str] = field(default_factory=dict)
    fields: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Participant:
    """A customer's place in one campaign. ``entered``: Participant Created has fired.

    ``held`` are the facts raised while the campaign was stopped, oldest first: they are worked off once it runs again.
    """

    id: str
    fields: Values = field(default_factory=dict)
    entered: bool = False
    outcome: str = ""
    held: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Talk:
    """How far an agent is with one person: the number of the question asked (from 0), tries used, results so far.

    ``asked`` is the id of the call whose answer is waited for, "" for none; ``pending`` what the person wrote
    meanwhile, oldest first.
    """

    question: int = 0
    tries: int = 0
    results: Values = field(default_factory=dict)
    asked: str = ""
    pending: tuple[str, ...] = ()


@dataclass(frozen=True)
class Communication:
    """One talk between a participant and an agent on one channel.

    ``node`` is the full name of the node that planned it; ``rules`` the content hash of the rule file it began with;
    ``at`` when it is (or was) to begin, UTC; ``opened`` whether its first message is owed or sent; ``thread`` the
    provider's thread it lives in ("" for a direct talk); ``reason`` why it ended, in the operator's words.

    ``expires`` (UTC) is when it is skipped if it has not begun by then; ``begun_at`` (UTC) when its first message was
    owed; ``attempt`` is the number, from 1, of the attempt that is made or waits to be made (retries and other channels
    included), ``retried`` counts the retries on the present channel.
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
    expires: datetime | None = None
    begun_at: datetime | None = None
    attempt: int = 1
    retried: int = 0

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES


@dataclass(frozen=True)
class Message:
    """One outbound message, as far as deciding needs it. ``communication`` is "" for a reply or a notification,
    ``attempt`` the attempt of the communication that it belongs to."""

    id: str
    communication: str
    status: str = OWED
    error: str = ""
    attempt: int = 1


@dataclass(frozen=True)
class Run:
    """A path through a flow that waits at one of its nodes.

    ``node`` is that node's full name and ``rules`` the content hash of the rule file that the path began with: it
    stays on that version. ``fact`` and ``message`` are what started the path; ``due`` (UTC) is when it goes on by
    itself, None where only an answer or a change of data lets it go on; ``call`` the id of the call whose answer it
    waits for, "" for none.
    """

    id: str
    node: str
    rules: str
    fact: Fact
    message: MessageReceived | None = None
    due: datetime | None = None
    call: str = ""

    @property
    def flow(self) -> str:
        return self.node.split(".", 1)[0]


@dataclass(frozen=True)
class Scene:
    """Everything `react` may look at besides the rulebook, the event and the time.

    ``communications`` holds at least the open ones, the last one, the last one of each node in `Rulebook.talks_named`
    and those that held facts and waiting runs are about, oldest first; ``runs`` all that wait, oldest first;
    ``begun`` when communications of the participant began, by id, at least those of the last 8 days where the
    campaign has caps;
    ``messages`` the outbound messages the event is about; ``opted_out`` pairs of (channel, address); ``active`` whether
    the campaign runs, that is whether triggers fire; ``earlier`` rulebooks of the versions that open communications
    and waiting runs began with, by hash.
    ``participant`` is None while the customer has not joined the campaign.
    """

    customer: Customer
    participant: Participant | None = None
    communications: tuple[Communication, ...] = ()
    messages: tuple[Message, ...] = ()
    opted_out: frozenset[tuple[str, str]] = frozenset()
    active: bool = True
    earlier: Mapping[str, "Rulebook"] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()
    begun: Mapping[str, datetime] = field(default_factory=dict)
