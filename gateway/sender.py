"""The sender: claims messages owed, sends them through their channel, records what became of each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar

import structlog

from channels.base import Channel, OutboundMessage, Sent
from channels.errors import ChannelDown, SendRefused, SendThrottled, SendUnknown, Withheld
from gateway.clock import Bell, Clock
from gateway.incoming import outcome_event
from gateway.log_context import tell_of_message
from gateway.parts import OUTAGE_PAUSE, Outage, Rest, keep_working
from gateway.patience import (
    SETTLE_AFTER,
    Outcome,
    Silence,
    arrival_of,
    given_up,
    in_full,
    looks_of,
    next_look,
    next_try,
)
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.values import NewEvent, Owed

CONCURRENCY = 20  # messages of one channel in flight at once
SWEEP = 5.0  # seconds after which the outbox is looked at though nobody rang
DOWN_PAUSE = timedelta(seconds=60)  # how long a channel rests that refuses our account
KNOWN_BEFORE = timedelta(days=1)  # clocks differ: how far before a send an equal message is still looked up as known

log = structlog.get_logger()
T = TypeVar("T")


@dataclass
class Sender:
    """Sends what one channel owes, in order for each address, each message once; who is slow holds up nobody else.

    Claiming and recording take turns, so that nothing is claimed anew before it is known what became of it. Whatever
    this channel was sending when a turn did not end well, and is not sending now, is settled first.

    ``resend_unknown``: a message whose send is unknown, and that the provider surely does not have, is sent again, else
    it fails. One in doubt after a restore that it does not have was never sent, and is; of which it can't tell, the
    same setting decides. What is unknown is settled also while its campaign stands in error: asking is no sending.

    ``on_recorded`` is called after outcomes are kept as events, ``on_sent`` after each send, with its seconds;
    ``per_second`` is how many messages the provider takes (real time). A channel that is down rests (``rests_until``,
    UTC) while all campaigns that it put in error (``rests_for``) stand so: whoever starts one wants to know. One whose
    provider is silent rests, too (`Silence`).
    """

    channel: Channel
    storage: Storage
    clock: Clock
    bell: Bell
    on_recorded: Callable[[], None]
    resend_unknown: bool = True
    per_second: float = 1.0
    on_sent: Callable[[Owed, Outcome, float], None] = lambda owed, outcome, seconds: None
    rests_until: datetime | None = None
    rests_for: set[str] = field(default_factory=set)
    silence: Silence = field(init=False)
    _sending: dict["asyncio.Task[tuple[Owed, Outcome]]", Owed] = field(default_factory=dict)
    _next_claim: float = 0.0  # on the monotonic clock, in seconds: the provider's rate
    _sure: bool = False  # that nothing counts as being sent but what is being sent

    def __post_init__(self) -> None:
        self.silence = Silence(self.channel.name)

    @property
    def sending(self) -> int:
        """How many messages are being sent."""
        return len(self._sending)

    async def run(self) -> None:
        """Work until the bell is closed; then see to it that what is being sent comes to its end."""
        try:
            await keep_working(f"sender of {self.channel.name}", self.bell, self._turn)
            while self._sending:
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
                await self._record_ended()
        finally:
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def _turn(self) -> Rest:
        """Record what has come to its end, and begin what is due. Each message that comes to its end rings."""
        if not self._sure:
            await self._recover()
        self._sure = False
        await self._record_ended()
        rest = await self._begin_due()
        self._sure = True
        return rest

    async def _recover(self) -> None:
        now, sending = self.clock.now(), [owed.message for owed in self._sending.values()]
        await self.storage.run(lambda t: t.outbox.recover(now, self.channel.name, except_for=sending))

    async def _begin_due(self) -> Rest:
        """Claim what is due, as much as the provider's rate and the slots that are free allow, and begin to send it."""
        pause, free = self._next_claim - monotonic(), self._slots() - len(self._sending)
        if pause > 0 or free <= 0:
            return Rest(max(pause, 0) or SWEEP)
        due = await self.storage.read(self.next_due)
        if due is None or due > self.clock.now():
            return Rest(SWEEP, due)
        pause = await self._begin(min(free, max(1, int(self.per_second)))) / self.per_second
        self._next_claim = monotonic() + pause
        return Rest(pause or SWEEP)

    def _slots(self) -> int:
        """How many messages may be in flight: of a provider that was silent, one tells whether it still is."""
        return 1 if self.silence.lasts else CONCURRENCY

    def next_due(self, t: Transaction) -> datetime | None:
        """When there is next something to send (UTC), unless others change it; None: not by itself."""
        due = t.outbox.next_due((self.channel.name,), look_up=not self.rests_for)
        if due and self.silence.until:
            due = max(due, self.silence.until)
        if due is None or self.rests_until is None:
            return due
        if not self.rests_for <= set(t.outbox.standing()):
            self.rests_until, self.rests_for = None, set()
            return due
        return max(due, self.rests_until)

    async def _begin(self, limit: int) -> int:
        """Claim at most so many and begin to send them; how many there were."""
        only, look_up = (self.channel.name,), not self.rests_for
        claimed = await self.storage.run(lambda t: t.outbox.claim(self.clock.now(), limit, only, look_up=look_up))
        for owed in claimed:
            task = asyncio.create_task(self._tried(owed))
            task.add_done_callback(lambda _: self.bell.ring())
            self._sending[task] = owed
        return len(claimed)

    async def _record_ended(self) -> None:
        """Record the ends that there are, in one transaction."""
        ended = [task for task in self._sending if task.done()]
        if not ended:
            return
        tried = [task.result() for task in ended]
        for owed, outcome in tried:
            self.silence.hear(owed, outcome, self.clock.now())
        try:
            await self._insist(lambda t: self._record_all(t, tried))
        except StorageUnavailable:
            raise
        except Exception:
            log.exception("sends_not_recorded", channel=self.channel.name, messages=len(tried))
            await self._insist(lambda t: self._settle_later(t, tried))
        for task in ended:
            del self._sending[task]
        self.on_recorded()

    async def _insist(self, record: Callable[[Transaction], None]) -> None:
        """Record, however long the database is away; what a stop cuts off is settled at the next start."""
        outage = Outage(f"sender of {self.channel.name}")
        while True:
            try:
                await self.storage.run(record)
                return outage.is_over()
            except StorageUnavailable as error:
                outage.lasts(error)
                if self.bell.closed:
                    raise
                await asyncio.sleep(OUTAGE_PAUSE)

    async def _tried(self, owed: Owed) -> tuple[Owed, Outcome]:
        """Look where that is needed, then send; what became of it. Of a message that was sent nothing else is unknown
        any more than this very send."""
        tell_of_message(owed)
        looked = await self._outcome(owed, self._look(owed))
        if looked is not None:
            return owed, looked
        if owed.was_unknown:
            now = self.clock.now()
            owed = replace(owed, was_unknown=False, doubted=False, redone=False, attempts=0, first_tried_at=now)
        begun = monotonic()
        outcome = await self._outcome(owed, self.channel.send(message_of(owed)))
        self.on_sent(owed, outcome, monotonic() - begun)
        return owed, outcome

    async def _outcome(self, owed: Owed, doing: Awaitable[T]) -> T | Outcome:
        try:
            return await doing
        except (SendRefused, SendThrottled, SendUnknown, ChannelDown) as outcome:
            return outcome
        except Exception as error:  # whatever it was, the message may have left: settle it, never send it blindly
            log.exception("send_failed", message=owed.message, channel=self.channel.name)
            return SendUnknown(type(error).__name__)

    async def _look(self, owed: Owed) -> Sent | None:
        """What the provider has of the message already; None where it is to be sent now. Raises why it is not."""
        if owed.was_unknown and (found := await self._found(owed)):
            return found
        if owed.opted_out:
            raise Withheld("opted_out", "opted out", skipped=True)
        if owed.withdrawn:
            raise Withheld("withdrawn", "its communication ended before it was sent", skipped=True)
        if owed.was_unknown and not owed.doubted and not self.resend_unknown:
            raise Withheld("unknown", "the provider does not have it, and it must not be sent again")
        if owed.stands:
            raise SendThrottled(0.0)  # it waits for its campaign, and is in nobody's way any more
        return None

    async def _found(self, owed: Owed) -> Sent | None:
        """What the provider has of a message whose sending has no known end: told by a callback, or in its list."""
        if owed.status:
            return Sent(owed.provider_id, owed.status)
        since = owed.first_tried_at - KNOWN_BEFORE
        to = (owed.channel, owed.address, since, owed.thread)
        known = await self.storage.read(lambda t: t.messages.provider_ids(*to))
        found = await self.channel.find(message_of(owed), owed.first_tried_at, known, redone=owed.redone)
        if not found and self.clock.now() < arrival_of(owed):
            raise SendUnknown("it may still be on its way to the provider", answered=True)
        return found

    def _settle_later(self, t: Transaction, tried: Sequence[tuple[Owed, Outcome]]) -> None:
        for owed, outcome in tried:
            self._give_back(t, owed, outcome, self.clock.now() + SETTLE_AFTER)

    def _give_back(self, t: Transaction, owed: Owed, outcome: Outcome, look_at: datetime) -> None:
        looks, tried_at = looks_of(owed, outcome), owed.first_tried_at
        t.outbox.unknown(owed.message, look_at, looks, doubted=owed.doubted, tried_at=tried_at)

    def _record_all(self, t: Transaction, tried: Sequence[tuple[Owed, Outcome]]) -> None:
        sent = [(owed.message, outcome.provider_id) for owed, outcome in tried if isinstance(outcome, Sent)]
        t.outbox.sent_many(sent, self.clock.now())
        events = [self._record(t, owed, outcome) for owed, outcome in tried]
        t.inbox.keep([event for event in events if event])

    def _record(self, t: Transaction, owed: Owed, outcome: Outcome) -> NewEvent | None:
        """Record what became of a message that was not sent; the event that tells of it, None where it isn't over."""
        now = self.clock.now()
        match outcome:
            case Sent():
                self.rests_until, self.rests_for = None, set()
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
        log.error("channel_down", channel=self.channel.name, code=outcome.code, reason=outcome.reason)
        self.rests_until = self.clock.now() + DOWN_PAUSE
        self.rests_for.add(owed.campaign)
        if owed.was_unknown:
            self._give_back(t, owed, outcome, self.clock.now())
        else:
            t.outbox.retry(owed.message, self.clock.now())
        for campaign in t.campaigns.fail([owed.campaign], f"channel {self.channel.name}: {in_full(outcome)}"):
            log.error("campaign_in_error", campaign=campaign, channel=self.channel.name)

    def _refused(self, t: Transaction, owed: Owed, outcome: SendRefused) -> NewEvent:
        """A communication tells by itself how it ended; nobody would hear of a reply or a notification."""
        t.outbox.done(owed.message)
        skipped = outcome.skipped
        if not (owed.communication or skipped):
            log.warning("message_failed", message=owed.message, campaign=owed.campaign, reason=str(outcome))
        return self._told(owed, "canceled" if skipped else "failed", in_full(outcome), skipped=skipped)

    def _told(self, owed: Owed, status: str, error: str, *, skipped: bool = False) -> NewEvent:
        return outcome_event(owed.message, self.channel.name, status, error, self.clock.now(), skipped=skipped)


def message_of(owed: Owed) -> OutboundMessage:
    return OutboundMessage(owed.message, owed.address, owed.text, owed.thread, owed.choices)
