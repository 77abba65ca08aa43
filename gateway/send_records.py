"""What became of messages is written down: owed no longer, or when to go on with them, and the events that tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from channels.base import Sent
from channels.errors import ChannelDown, SendRefused, SendThrottled, SendUnknown, Withheld
from gateway.clock import Clock
from gateway.incoming import outcome_event
from gateway.patience import SETTLE_AFTER, Outcome, given_up, in_full, looks_of, next_look, next_try
from storage.transaction import Transaction
from storage.values import NewEvent, Owed

log = structlog.get_logger()
Tried = Sequence[tuple[Owed, Outcome]]


@dataclass(frozen=True)
class SendRecords:
    """What became of messages on one channel, each within a transaction of the caller's. See `gateway.sender.Sender`
    for ``resend_unknown``."""

    channel: str
    clock: Clock
    resend_unknown: bool

    def record(self, t: Transaction, tried: Tried) -> None:
        """Write down what became of each. Written down once more, as after a lost connection, it stays the same."""
        sent = [(owed.message, outcome.provider_id) for owed, outcome in tried if isinstance(outcome, Sent)]
        t.outbox.sent_many(sent, self.clock.now())
        events = [self._record(t, owed, outcome) for owed, outcome in tried]
        t.inbox.keep([event for event in events if event])

    def settle_later(self, t: Transaction, tried: Tried) -> None:
        """Whatever became of them, they are looked for at the provider."""
        for owed, outcome in tried:
            self._give_back(t, owed, outcome, self.clock.now() + SETTLE_AFTER)

    def _record(self, t: Transaction, owed: Owed, outcome: Outcome) -> NewEvent | None:
        """Record what became of a message that was not sent; the event that tells of it, None where it isn't over."""
        now = self.clock.now()
        match outcome:
            case Sent():
                return self._told(owed, outcome.status, "")
            case SendRefused():
                return self._refused(t, owed, outcome)
            case SendThrottled():
                t.outbox.retry(owed.message, next_try(owed, outcome, now))
            case ChannelDown():
                self._channel_down(t, owed, outcome)
            case SendUnknown() if why := given_up(owed, outcome, now):
                return self._give_up(t, owed, why)
            case SendUnknown():
                log.warning("send_unknown", message=owed.message, reason=outcome.reason)
                self._give_back(t, owed, outcome, next_look(owed, outcome, now))
        return None

    def _give_back(self, t: Transaction, owed: Owed, outcome: Outcome, look_at: datetime) -> None:
        looks, tried_at = looks_of(owed, outcome), owed.first_tried_at
        t.outbox.unknown(owed.message, look_at, looks, doubted=owed.doubted, tried_at=tried_at)

    def _give_up(self, t: Transaction, owed: Owed, why: str) -> NewEvent | None:
        """Nobody will ever tell. What we know to have sent, or to have tried to, is not sent again."""
        if owed.doubted and self.resend_unknown:
            log.warning("sent_in_doubt", message=owed.message, reason=why)
            t.outbox.retry(owed.message, self.clock.now())
            return None
        return self._refused(t, owed, Withheld("", why))

    def _channel_down(self, t: Transaction, owed: Owed, outcome: ChannelDown) -> None:
        """The message waits, and so does all that its campaign owes, until an operator starts it anew; what others owe
        waits until the channel has rested."""
        log.error("channel_down", channel=self.channel, code=outcome.code, reason=outcome.reason)
        if owed.was_unknown:
            self._give_back(t, owed, outcome, self.clock.now())
        else:
            t.outbox.retry(owed.message, self.clock.now())
        for campaign in t.campaigns.fail([owed.campaign], f"channel {self.channel}: {in_full(outcome)}"):
            log.error("campaign_in_error", campaign=campaign, channel=self.channel)

    def _refused(self, t: Transaction, owed: Owed, outcome: SendRefused) -> NewEvent:
        """A communication tells by itself how it ended; nobody would hear of a reply or a notification."""
        t.outbox.done(owed.message)
        skipped = outcome.skipped
        if not (owed.communication or skipped):
            log.warning("message_failed", message=owed.message, campaign=owed.campaign, reason=str(outcome))
        return self._told(owed, "canceled" if skipped else "failed", in_full(outcome), skipped=skipped)

    def _told(self, owed: Owed, status: str, error: str, *, skipped: bool = False) -> NewEvent:
        return outcome_event(owed.message, self.channel, status, error, self.clock.now(), skipped=skipped)
