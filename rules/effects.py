"""What deciding asks for. Effects are values: nothing happens until the gateway has written them as rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules.facts import Fact
from rules.scene import Communication, Run
from rules.values import Values

START_TIMER = "start"  # a planned communication begins
REPLY_TIMER = "reply"  # reply_within has passed without an answer
FAILED_TIMER = "failed"  # a failure was held long enough for a shuffled `delivered` to win
SETTLE_TIMER = "settle"  # a message that expects no answer was accepted and no delivery receipt came
RETRY_TIMER = "retry"  # the next attempt on the same channel of a communication that failed or was not answered
FALLBACK_TIMER = "fallback"  # the next attempt, on the next channel, that had to wait for its hours
EXPIRE_TIMER = "expire"  # a planned communication that has not begun by then is skipped
WAIT_TIMER = "wait"  # a run goes on
TIMERS = (
    START_TIMER,
    REPLY_TIMER,
    FAILED_TIMER,
    SETTLE_TIMER,
    RETRY_TIMER,
    FALLBACK_TIMER,
    EXPIRE_TIMER,
    WAIT_TIMER,
)
HELD_TIMERS = (START_TIMER, RETRY_TIMER, FALLBACK_TIMER, WAIT_TIMER)  # while a campaign does not run these stand still


@dataclass(frozen=True, slots=True)
class JoinCampaign:
    """The customer becomes a participant with this id."""

    participant: str


@dataclass(frozen=True, slots=True)
class LeaveCampaign:
    """The customer is a participant no more."""


@dataclass(frozen=True, slots=True)
class SetFields:
    """Customer and participant fields get these values (None clears); only values that differ are named."""

    customer: Values = field(default_factory=dict)
    participant: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnterCampaign:
    """Participant Created has fired; it fires again only where the operator enrolls the participant anew."""


@dataclass(frozen=True, slots=True)
class HoldFact:
    """The fact stays with the participant until the campaign runs again (see `rules.held`)."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """The facts held are worked off now; none is held any more."""


@dataclass(frozen=True, slots=True)
class PlanCommunication:
    """A new communication exists, planned."""

    communication: Communication


@dataclass(frozen=True, slots=True)
class ChangeCommunication:
    """An existing communication now is this (status, talk, reason, opened)."""

    communication: Communication


@dataclass(frozen=True, slots=True)
class SendMessage:
    """A message is owed. ``to`` is an address on the channel; ``communication`` is "" for reply and notify.

    ``choices`` are the answers offered with a question; a channel with buttons shows them as buttons. Where ``refused``
    says why it cannot be sent, it is not: it is kept as failed, for the operator to see.
    """

    message: str
    channel: str
    to: str
    text: str
    thread: str = ""
    communication: str = ""
    choices: tuple[str, ...] = ()
    attempt: int = 1
    refused: str = ""


@dataclass(frozen=True, slots=True)
class CancelMessages:
    """Messages of this communication that are still owed must not be sent."""

    communication: str


@dataclass(frozen=True, slots=True)
class ChangeMessage:
    """An outbound message moved to this status; applied only upward (see `rules.statuses`)."""

    message: str
    status: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Wake ``subject`` (a communication's or a run's id) under ``name`` when ``due`` (UTC) has come; replaces one so
    named."""

    subject: str
    name: str
    due: datetime


@dataclass(frozen=True, slots=True)
class ClearTimer:
    """The timer is no longer wanted; it may not exist."""

    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class FinishParticipant:
    """The participant's outcome in this campaign."""

    outcome: str


@dataclass(frozen=True, slots=True)
class StopContact:
    """Nothing more may be sent to this address on this channel, as if the person had asked for it."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class KeepRun:
    """A path waits, or waits otherwise than before (see `rules.scene.Run`)."""

    run: Run


@dataclass(frozen=True, slots=True)
class DropRun:
    """The run waits no longer: it went on, or was ended."""

    run: str


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Somebody outside is asked; what comes back is a `CallAnswered` for ``subject`` (a run's or communication's id).

    ``kind`` is webhook (``target`` is a service of the settings) or python (a function, ``module.name``); ``body`` is
    the JSON object that is handed over. Calls of one subject are answered in the order in which they were placed.
    ``held``: the answer waits while the campaign does not run.
    """

    call: str
    kind: str
    target: str
    subject: str
    body: Mapping[str, object]
    held: bool = True


Effect = (
    JoinCampaign
    | LeaveCampaign
    | SetFields
    | EnterCampaign
    | HoldFact
    | ReleaseFacts
    | PlanCommunication
    | ChangeCommunication
    | SendMessage
    | CancelMessages
    | ChangeMessage
    | SetTimer
    | ClearTimer
    | FinishParticipant
    | StopContact
    | KeepRun
    | DropRun
    | PlaceCall
)
