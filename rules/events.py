"""What can happen to one participant of one campaign: the events that `react` decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules.values import Values

STOP, START, HELP = "stop", "start", "help"  # words of consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. ``id`` is unique for ever; every id made while deciding is derived from it."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantGiven(Event):
    """An import, an API call or an enrolment gave these (already validated) values; only named fields change. Moments
    may be local (see `rules.local`): they are on the clocks of the participant, as that one is when this is decided.

    ``participant`` is the id a new participant gets; ``source`` is import, api, enroll or customer (another campaign
    changed the shared customer: ``fields`` then holds the customer fields *before* that change).
    ``identifiers`` are the kinds (phone, email ...) given anew to a known customer: they are fields of the record, too.
    Unless it ``joins``, somebody who is no participant does not become one.
    """

    participant: str
    source: str
    fields: Values = field(default_factory=dict)
    identifiers: frozenset[str] = frozenset()
    joins: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStarted(Event):
    """The campaign began to run: a participant who joined while it did not run enters now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantEnrolled(Event):
    """The operator lets Participant Created fire once more for somebody who has entered already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantRemoved(Event):
    """The operator takes the participant out of the campaign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStopped(Event):
    """The operator opted this address of the customer out: it is as if the person had said STOP there."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """The person wrote. ``keyword`` is the first word in upper case; ``consent`` is stop, start, help or "".

    ``communication`` is the open one that this answers, where it is known; "": to be found by where it was written.
    What a path keeps of a message names the one that heard it; "" there: none did.
    """

    channel: str
    address: str
    text: str
    keyword: str = ""
    thread: str = ""
    consent: str = ""
    communication: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptArrived(Event):
    """A provider (or the sender) reported the status of an outbound message; skipped: it was never sent."""

    message: str
    status: str
    error: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerDue(Event):
    """A timer ran out. ``subject`` is a communication's or a run's id, ``name`` one of `rules.effects.TIMERS`."""

    subject: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(Event):
    """A call to an outside service or to an operator's function came to its end.

    ``subject`` is the id of the run or the communication that asked; ``answer`` the JSON object that came back, None
    where the call failed for good, and ``error`` then says why, in the operator's words.
    """

    call: str
    subject: str
    answer: Mapping[str, object] | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Event):
    """The operator settled what waits at nodes of earlier versions.

    ``moves`` maps the full name of a node to that of a node of the present rule file, or to "": what waits there ends.
    """

    moves: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded(Event):
    """What the run or the communication ``subject`` waits for will not come.

    ``reason``: the operator has dropped it, and what waits ends for this reason; "": it was lost, and is made up for.
    """

    subject: str
    reason: str = ""
