"""What storage takes and gives besides plain rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zlib import crc32

Row = dict[str, Any]  # a row as plain values, by column name

SHARDS = 256  # lanes are spread over this many shards; stored with every event, so it can never change
LANE, CUSTOMER, MESSAGE, PROVIDER = "lane", "customer", "message", "provider"


def shard_of(lane: str) -> int:
    """The shard of a lane, 0 to 255, the same for ever."""
    return crc32(lane.encode("utf-8", "surrogatepass")) % SHARDS


class About(NamedTuple):
    """Whom an event is about: what is known of them when it comes in.

    ``kind`` is lane (``value`` is the lane), customer (a customer's id), message (our message's id), provider
    (``channel/provider id`` of a message) or the kind of an identifier (phone, slack, email, external_id).
    """

    kind: str
    value: str


class NewEvent(NamedTuple):
    """An event to be kept. ``key`` is unique for ever; ``received_at`` UTC."""

    key: str
    kind: str
    about: About
    payload: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class NewEvents:
    """Many events of one kind and moment: the keys, lanes and payloads (JSON texts) of the first, the second and so
    on."""

    kind: str
    received_at: datetime
    keys: Sequence[str]
    lanes: Sequence[str]
    payloads: Sequence[str]


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event that nobody has decided yet. ``attempts`` counts the failed tries."""

    id: int
    key: str
    kind: str
    lane: str
    payload: Row
    attempts: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Owed:
    """A message claimed for sending.

    ``attempts`` counts the claims before this one; ``was_unknown``: an earlier try has no known end, so look before
    sending again, and ``attempts`` counts those looks. ``first_tried_at``: the first claim (this one's time, if it is
    the first). ``doubted``: no try of this gateway's is unknown, but one that a restore made it forget may be there.
    ``redone``: the message was made after its first try, which may have borne another id therefore.
    ``opted_out``: the address must not be written to any more. ``campaign`` is "" where none is concerned,
    ``communication`` for a reply or a notification. ``stands``: the campaign stands in error, so nothing may be sent.
    ``withdrawn``: its communication has ended otherwise than by being completed. ``status`` and ``provider_id`` are
    what the provider said of the message meanwhile, "" where it said nothing.
    """

    message: str
    channel: str
    address: str
    thread: str
    text: str
    choices: tuple[str, ...]
    attempts: int
    was_unknown: bool
    first_tried_at: datetime
    opted_out: bool
    campaign: str
    withdrawn: bool = False
    status: str = ""
    provider_id: str = ""
    communication: str = ""
    doubted: bool = False
    redone: bool = False
    stands: bool = False


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer that ran out. ``event`` is the inbox event that had set it."""

    subject: str
    name: str
    due: datetime
    lane: str
    customer: str
    campaign: str
    event: int = 0


@dataclass(frozen=True, slots=True)
class OwedCall:
    """A call claimed for asking. ``kind`` is webhook or python, ``attempts`` how often it was asked in vain."""

    id: str
    kind: str
    target: str
    subject: str
    body: Row
    attempts: int


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """A call that came to its end: with ``answer``, or with None and ``error`` in the operator's words.

    ``held``: the answer waits while the campaign does not run.
    """

    id: str
    subject: str
    lane: str
    customer: str
    campaign: str
    held: bool
    answer: Row | None
    error: str


@dataclass(frozen=True, slots=True)
class CampaignCounts:
    """How far a campaign is: participants, communications and messages by status ("" is owed), and how many paths
    wait, by node."""

    participants: int
    communications: Mapping[str, int]
    messages: Mapping[str, int]
    waiting: Mapping[str, int]
