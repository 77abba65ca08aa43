"""What can happen to one participant of one campaign: the events that `react` decides."""

from dataclasses import dataclass, field
from datetime import datetime

from rules.values import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. ``id`` is unique for ever; every id made while deciding is derived from it."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantGiven(Event):
    """An import, an API call or an enrolment gave these (already validated) values; only named fields change.

    ``participant`` is the id a new participant gets; ``source`` is import, api, enroll or customer (another campaign
    changed the shared customer: ``fields`` then holds the customer fields *before* that change).
    ``identifiers`` are the kinds (phone, email ...) given anew to a known customer: they are fields of the record, too.
    """

    participant: str
    source: str
    fields: Values = field(default_factory=dict)
    identifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStarted(Event):
    """The campaign began to run: a participant who joined while it did not run enters now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """The person wrote. ``keyword`` is the first word in upper case; ``consent`` is stop, start, help or "".

    ``communication`` is the open one that this answers, where it is known; "": to be found by where it was written.
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
    """A timer ran out. ``subject`` is the communication's id, ``name`` one of `rules.effects.TIMERS`."""

    subject: str
    name: str
