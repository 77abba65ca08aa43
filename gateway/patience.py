"""How long to wait: with a message that could not be sent, one that may have been, and a provider that is silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from channels.base import Sent
from channels.errors import ChannelDown, SendRefused, SendThrottled, SendUnknown, Unreachable
from storage.outbox import ON_ITS_WAY
from storage.values import Owed

CUT_OFF = ON_ITS_WAY  # how long a request may take that nobody waits for any more; adapters wait 10
SETTLE_AFTER = timedelta(seconds=30)  # how long a callback may take to settle an unknown send before we ask
LOOKS = (30, 30, 60, 120, 300, 900, 1800, 3600)  # seconds between looks at a list that can't be read
BACK_OFF = (1, 2, 4, 8, 16, 32, 60)  # seconds between tries where the provider names none
MAX_SETTLE_TRIES = 20  # looks that settle nothing before an unknown send is given up as failed
LONGEST_DOUBT = timedelta(days=3)  # how long it is looked for in vain where the provider can't be asked
SILENT_SENDS = 3  # sends in a row without an answer after which a channel rests
RESTS = (1, 2, 5, 10, 30, 60, 120, 300)  # seconds, longer each time: outages are long, and a message tells of their end

log = structlog.get_logger()
Outcome = Sent | SendRefused | SendThrottled | SendUnknown | ChannelDown


@dataclass
class Silence:
    """Whether a channel's provider answers. Where several sends in a row got none, the channel rests, and then tries
    with one message whether it is over; all others wait, untried."""

    channel: str
    sends: int = 0
    until: datetime | None = None

    @property
    def lasts(self) -> bool:
        """From the first rest on, until a send is answered."""
        return self.until is not None

    def hear(self, owed: Owed, outcome: Outcome, now: datetime) -> None:
        """One more send, or a look for one, has come to its end."""
        if not is_silent(outcome):
            if self.lasts and not isinstance(outcome, SendRefused):  # which may have come from ourselves
                log.warning("provider_answers_again", channel=self.channel)
            if not isinstance(outcome, SendRefused):
                self.sends, self.until = 0, None
        elif now >= (self.until or now) and (self.lasts or not owed.was_unknown):
            self._count(now)

    def _count(self, now: datetime) -> None:
        self.sends += 1
        if self.sends >= SILENT_SENDS:
            rest = RESTS[min(self.sends - SILENT_SENDS, len(RESTS) - 1)]
            self.until = now + timedelta(seconds=rest)
            log.error("provider_silent", channel=self.channel, sends=self.sends, rests_seconds=rest)


def is_silent(outcome: Outcome) -> bool:
    """Whether the provider said nothing, or nothing but that it is broken."""
    return isinstance(outcome, Unreachable) or (isinstance(outcome, SendUnknown) and not outcome.answered)


def arrival_of(owed: Owed) -> datetime:
    """When a send that was cut off has surely come to the provider, if it ever does."""
    return owed.first_tried_at + CUT_OFF


def next_try(owed: Owed, outcome: SendThrottled, now: datetime) -> datetime:
    """When to send again what surely was not sent."""
    told = 0.0 if isinstance(outcome, Unreachable) else outcome.retry_after
    return now + timedelta(seconds=told or BACK_OFF[min(owed.attempts, len(BACK_OFF) - 1)])


def next_look(owed: Owed, outcome: SendUnknown, now: datetime) -> datetime:
    """When to ask the provider (again) for a message. After a crash the first look may come too early."""
    if owed.was_unknown and now < arrival_of(owed):
        return arrival_of(owed)
    if not owed.was_unknown or outcome.answered:
        return now + SETTLE_AFTER
    return now + timedelta(seconds=LOOKS[min(owed.attempts, len(LOOKS) - 1)])


def looks_of(owed: Owed) -> int:
    """How often the provider was asked for the message, this time included; 0 for one that was only sent."""
    return owed.attempts + 1 if owed.was_unknown else 0


def is_hopeless(owed: Owed, outcome: SendUnknown, now: datetime) -> bool:
    """Whether nobody will ever tell what became of the message."""
    if outcome.answered:
        return looks_of(owed) >= MAX_SETTLE_TRIES
    return owed.was_unknown and now >= owed.first_tried_at + LONGEST_DOUBT
