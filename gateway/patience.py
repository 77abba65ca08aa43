"""How long to wait: with a message that could not be sent, one that may have been, and a provider that is silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from channels.base import Sent
from channels.errors import ChannelDown, SendRefused, SendThrottled, SendUnknown, Unreachable, Withheld
from storage.outbox import ON_ITS_WAY
from storage.values import Owed

CUT_OFF = ON_ITS_WAY  # how long a request may take that nobody waits for any more; adapters wait 10
SETTLE_AFTER = timedelta(seconds=30)  # how long a callback may take to settle an unknown send before we ask
LONGEST_LOOK_AFTER = timedelta(hours=1)  # how long a list that can't be read is left alone
BACK_OFF = (1, 2, 4, 8, 16, 32, 60)  # seconds between tries where the provider names none
MAX_SETTLE_TRIES = 20  # answers that settle nothing before an unknown send is given up
LONGEST_DOUBT = timedelta(days=3)  # how long it is looked for in vain where the provider can't be asked
SILENT_SENDS = 3  # sends in a row without an answer after which a channel rests
RESTS = (1, 2, 5, 10, 30, 60, 120, 300)  # seconds, longer each time: outages are long, and a message tells of their end
LONGEST_REST = timedelta(seconds=RESTS[-1])

log = structlog.get_logger()
Outcome = Sent | SendRefused | SendThrottled | SendUnknown | ChannelDown


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a provider did not take a message, for operators, and when (UTC)."""

    reason: str
    at: datetime


@dataclass
class Silence:
    """Whether a channel's provider answers. Where several sends in a row got none, the channel rests, and then tries
    with one message whether it is over; all others wait, untried. ``trouble`` is why one was not taken last."""

    channel: str
    sends: int = 0
    until: datetime | None = None
    trouble: Trouble | None = None

    @property
    def lasts(self) -> bool:
        """From the first rest on, until a send is answered."""
        return self.until is not None

    def hear(self, owed: Owed, outcome: Outcome, now: datetime) -> None:
        """One more send, or a look for one, has come to its end. The look for what was doubted is the beginning of its
        send."""
        if isinstance(outcome, Withheld):  # nobody was asked
            return
        if not isinstance(outcome, Sent):
            self.trouble = Trouble(str(outcome), now)
        if not is_silent(outcome):
            if self.lasts:
                log.warning("provider_answers_again", channel=self.channel)
            self.sends, self.until = 0, None
        elif now >= (self.until or now) and (self.lasts or owed.doubted or not owed.was_unknown):
            self._count(now)

    def _count(self, now: datetime) -> None:
        self.sends += 1
        if self.sends >= SILENT_SENDS:
            rest = RESTS[min(self.sends - SILENT_SENDS, len(RESTS) - 1)]
            self.until = now + timedelta(seconds=rest)
            reason = self.trouble.reason if self.trouble else ""
            log.error("provider_silent", channel=self.channel, reason=reason, sends=self.sends, rests_seconds=rest)


def is_silent(outcome: Outcome) -> bool:
    """Whether the provider said nothing, or nothing but that it is broken."""
    return isinstance(outcome, Unreachable) or (isinstance(outcome, SendUnknown) and not outcome.answered)


def in_full(outcome: SendRefused | ChannelDown) -> str:
    """For operators, never for logs: the provider's own words included."""
    return f"{outcome}: {outcome.told}" if outcome.told else str(outcome)


def arrival_of(owed: Owed) -> datetime:
    """When a send that was cut off has surely come to the provider, if it ever does."""
    return owed.first_tried_at + CUT_OFF


def next_try(owed: Owed, outcome: SendThrottled, now: datetime) -> datetime:
    """When to send again what surely was not sent."""
    told = 0.0 if isinstance(outcome, Unreachable) else outcome.retry_after
    return now + timedelta(seconds=told or BACK_OFF[min(owed.attempts, len(BACK_OFF) - 1)])


def next_look(owed: Owed, outcome: SendUnknown, now: datetime) -> datetime:
    """When to ask the provider (again) for a message: less and less often where it can't be asked. After a crash the
    first look may come too early."""
    if owed.was_unknown and now < arrival_of(owed):
        return arrival_of(owed)
    if not owed.was_unknown or owed.doubted or outcome.answered:
        return now + SETTLE_AFTER
    return now + min(max((now - owed.first_tried_at) / 2, SETTLE_AFTER), LONGEST_LOOK_AFTER)


def looks_of(owed: Owed, outcome: Outcome) -> int:
    """How often the provider has answered that it can't tell of the message, this time included; 0 for one that was
    only sent."""
    if not owed.was_unknown:
        return 0
    return owed.attempts + (isinstance(outcome, SendUnknown) and outcome.answered)


def given_up(owed: Owed, outcome: SendUnknown, now: datetime) -> str:
    """Why nobody will ever tell what became of the message; "" where somebody may. What is doubted was never tried, so
    it waits for the provider as long as whatever is to be sent."""
    looks = looks_of(owed, outcome)
    if looks >= MAX_SETTLE_TRIES:
        return f"unknown after {looks} looks at the provider's list: {outcome.reason}"
    if owed.was_unknown and not owed.doubted and not outcome.answered and now >= owed.first_tried_at + LONGEST_DOUBT:
        return f"unknown after {LONGEST_DOUBT.days} days in which the provider could not be asked: {outcome.reason}"
    return ""
