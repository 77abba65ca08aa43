"""The sender: claims messages owed, sends them through their channel, records what became of each."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import monotonic

import structlog

from channels.base import Channel
from channels.errors import ChannelDown
from gateway.ahead import Ahead
from gateway.clock import Bell, Clock
from gateway.parts import OUTAGE_PAUSE, Outage, Rest, keep_working
from gateway.patience import Outcome, is_silent
from gateway.posting import Posting
from gateway.restraint import Restraint
from gateway.send_records import SendRecords, Tried
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.values import Owed, Row

CONCURRENCY = 20  # messages of one channel in flight at once
LOOK_SECONDS = 0.005  # while enough is claimed ahead, ends gather to be recorded together: how often that is looked at
MOST_LOOKS = 10  # after so many they are recorded nevertheless
SWEEP = 5.0  # seconds after which the outbox is looked at though nobody rang

log = structlog.get_logger()
Try = asyncio.Task[tuple[Owed, Outcome]]
Work = Callable[[Transaction], list[Owed]]


@dataclass
class Sender:
    """Sends what one channel owes, in order for each address, each message once; who is slow holds up nobody else.

    What became of messages is recorded before others are claimed, in the same transaction, so that nothing is claimed
    anew before it is known what became of it. Where the provider answers quickly, some messages are claimed ahead of
    the slots that will be free (`Ahead`); they are given back where it falls silent or slow. Whatever this channel was
    sending when a turn did not end well, and is not sending now, is settled first.

    ``resend_unknown``: a message whose send is unknown, and that the provider surely does not have, is sent again, else
    it fails. One in doubt after a restore that it does not have was never sent, and is; of which it can't tell, the
    same setting decides. What is unknown is settled also while its campaign stands in error: asking is no sending.

    ``on_recorded`` is called after outcomes are kept as events, ``on_sent`` after each send, with its seconds;
    ``per_second`` is how many messages the provider takes (real time). What else holds the channel back is its
    `Restraint`: it is kept in the database, and whoever sends here next goes on from there.

    Of several processes one at a time may send on a channel (``storage.holds()``). It is cancelled when its time is
    over; run again, it begins anew.
    """

    channel: Channel
    storage: Storage
    clock: Clock
    bell: Bell
    on_recorded: Callable[[], None]
    resend_unknown: bool = True
    per_second: float = 1.0
    on_sent: Callable[[Owed, Outcome, float], None] = lambda owed, outcome, seconds: None
    at_work: bool = False
    restraint: Restraint = field(init=False)
    _sending: dict[Try, Owed] = field(default_factory=dict)  # begun, and not recorded yet
    _ahead: Ahead = field(default_factory=Ahead)
    _flying: set[Try] = field(default_factory=set)  # of those begun: the ones that have not come to their end
    _troubled: bool = False  # a send met trouble, of which nothing has been made yet
    _sure: bool = False  # that nothing counts as being sent but what is being sent
    _taken: bool = False  # whether the restraint goes on from what was kept
    _kept: Row = field(default_factory=dict)  # of the restraint, as the database has it
    _to_keep: Row = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restraint = Restraint(self.channel.name, self.per_second)
        self._posting = Posting(self.channel, self.storage, self.clock, self.resend_unknown, self.on_sent)
        self._records = SendRecords(self.channel.name, self.clock, self.resend_unknown)

    @property
    def sending(self) -> int:
        """How many messages are being sent."""
        return len(self._sending) + len(self._ahead)

    async def run(self) -> None:
        """Work until the bell is closed; then see to it that what is being sent comes to its end."""
        self.at_work = True
        try:
            await keep_working(f"sender of {self.channel.name}", self.bell, self._turn)
            while self.sending:
                await self._end_another()
        except BaseException:
            self._taken, self._sure = False, False  # others may send here until it is run again
            raise
        finally:
            self.at_work = False
            await self._drop()

    async def _end_another(self) -> None:
        if self._flying:
            await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
        await self._write_down(self._ended(), self._taken_back(), 0)

    async def _drop(self) -> None:
        """Break off what has not come to its end."""
        tasks = [*self._flying]
        self._ahead.take_back()
        self._sending.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _turn(self) -> Rest:
        """Record what has come to its end, and begin what is due. Each message that comes to its end rings."""
        if not self._sure:
            await self._recover()
        self._sure = True
        try:
            return await self._go_on()
        except BaseException:
            self._sure = False
            raise

    async def _recover(self) -> None:
        """Also, go on from how the channel does, where another one may have sent here meanwhile."""
        now, sending = self.clock.now(), [owed.message for owed in (*self._sending.values(), *self._ahead)]
        kept = await self.storage.run(lambda t: self._recover_in(t, now, sending))
        if kept and not self._taken:
            self.restraint.take(kept, now)
        self._kept = kept or Restraint(self.channel.name, self.per_second).kept()
        self._taken = True

    def _recover_in(self, t: Transaction, now: datetime, sending: Sequence[str]) -> Row | None:
        t.outbox.recover(now, self.channel.name, except_for=sending)
        return t.channel_states.get(self.channel.name)

    async def _go_on(self) -> Rest:
        """Record, and claim what is due, as much as the provider's rate and the slots that are free allow."""
        await self._gather()
        ended, back = self._ended(), self._taken_back()
        room = self._room()
        if not (ended or back):
            due = await self.storage.read(self.next_due) if room else None
            if due is None or due > self.clock.now():
                return Rest(self.restraint.pause or SWEEP, due)
        claimed = await self._write_down(ended, back, room)
        due = await self.storage.read(self.next_due) if room and not claimed else None
        return Rest(self.restraint.pause or SWEEP, due)

    async def _gather(self) -> None:
        """Let some more messages come to their end, where no slot waits for that."""
        for _ in range(MOST_LOOKS):
            if not self._ahead.suffices or len(self._flying) < self._slots():
                return
            await asyncio.sleep(LOOK_SECONDS)

    def next_due(self, t: Transaction) -> datetime | None:
        """When there is next something to send (UTC), unless others change it; None: not by itself."""
        refused = self.restraint.refused(t.outbox.standing)
        due, until = t.outbox.next_due((self.channel.name,), look_up=not refused), self.restraint.until(refused=refused)
        return max(due, until) if due and until else due

    def _ended(self) -> list[Try]:
        """Those that have come to their end, heard of."""
        ended, now = [task for task in self._sending if task.done()], self.clock.now()
        for task in ended:
            self.restraint.hear(*task.result(), now)
        self._troubled = False
        return ended

    def _room(self) -> int:
        """How many messages may be claimed now: as many as slots are free, and some ahead. Where an unknown send fails,
        a crash is to leave as few as may be."""
        ahead = self._ahead.wanted if self.resend_unknown and not self.restraint.silence.lasts else 0
        room = self._slots() + ahead - len(self._flying) - len(self._ahead)
        return 0 if self.restraint.pause else max(min(room, self.restraint.at_once), 0)

    def _slots(self) -> int:
        """How many messages may be in flight: of a provider that was silent, one tells whether it still is."""
        return 1 if self.restraint.silence.lasts else CONCURRENCY

    def _begin(self) -> None:
        """Begin to send what is claimed, as far as slots are free."""
        rests = self._troubled or self.restraint.rests(self.clock.now())
        while self._ahead and not (rests or self._ahead.is_late) and len(self._flying) < self._slots():
            owed = self._ahead.next()
            task = asyncio.create_task(self._tried(owed))
            self._sending[task] = owed
            self._flying.add(task)
            task.add_done_callback(self._land)

    async def _tried(self, owed: Owed) -> tuple[Owed, Outcome]:
        return await self._posting.tried(owed)

    def _land(self, task: Try) -> None:
        """A message has come to its end, or was cut off: nobody knows how it ended then."""
        self._flying.discard(task)
        if task.cancelled() or task.exception():
            self._sending.pop(task, None)
            self._sure = False
            broken = None if task.cancelled() else task.exception()
            log.warning("send_cut_off", channel=self.channel.name, exc_info=broken)
        else:
            _, outcome = task.result()
            self._troubled |= isinstance(outcome, ChannelDown) or is_silent(outcome)
            self._ahead.ended()
        self._begin()
        self.bell.ring()

    def _taken_back(self) -> list[Owed]:
        """What was claimed ahead and is not to be sent now."""
        return self._ahead.take_back() if self.restraint.rests(self.clock.now()) or self._ahead.is_late else []

    async def _write_down(self, ended: Sequence[Try], back: Sequence[Owed], claims: int) -> list[Owed]:
        """Record these ends, give back what is not to be sent now, and claim at most so many messages, in one
        transaction; what was claimed is begun."""
        tried, begun = [task.result() for task in ended], monotonic()
        claimed = await self._written(tried, back, claims)
        for task in ended:
            del self._sending[task]
        if ended:
            self.on_recorded()
        self._ahead.add(claimed, begun)
        self._begin()
        return claimed

    async def _written(self, tried: Tried, back: Sequence[Owed], claims: int) -> list[Owed]:
        record = partial(self._write, tried, back)
        if not tried:
            return await self._run(partial(record, claims))
        try:
            return await self._insist(partial(record, claims), partial(record, 0))
        except StorageUnavailable:
            raise
        except Exception:
            log.exception("sends_not_recorded", channel=self.channel.name, messages=len(tried))
        later = partial(self._settle_later, tried, back)
        return await self._insist(later, later)

    async def _insist(self, first: Work, again: Work) -> list[Owed]:
        """Write, however long the database is away; what a stop cuts off is settled at the next start. Whether a try in
        vain was committed, and what it claimed then, nobody knows."""
        outage, work = Outage(f"sender of {self.channel.name}"), first
        while True:
            try:
                claimed = await self._run(work)
                outage.is_over()
                return claimed
            except StorageUnavailable as error:
                outage.lasts(error)
                if self.bell.closed:
                    raise
                work, self._sure = again, False
                await asyncio.sleep(OUTAGE_PAUSE)

    async def _run(self, work: Work) -> list[Owed]:
        claimed = await self.storage.run(work)
        self._kept = self._to_keep
        return claimed

    def _write(self, tried: Tried, back: Sequence[Owed], claims: int, t: Transaction) -> list[Owed]:
        if tried:
            self._record_all(t, tried)
        t.outbox.unclaim(back)
        claimed = self._claim(t, claims)
        self._keep_restraint(t)
        return claimed

    def _record_all(self, t: Transaction, tried: Tried) -> None:
        self._records.record(t, tried)

    def _claim(self, t: Transaction, limit: int) -> list[Owed]:
        refused, now = self.restraint.refused(t.outbox.standing), self.clock.now()
        if not refused:
            self.restraint.forgive()
        if not limit or self.restraint.rests(now):
            return []
        claimed = t.outbox.claim(now, limit, (self.channel.name,), look_up=not refused)
        self.restraint.claimed(len(claimed), now)
        return claimed

    def _settle_later(self, tried: Tried, back: Sequence[Owed], t: Transaction) -> list[Owed]:
        self._records.settle_later(t, tried)
        t.outbox.unclaim(back)
        self._keep_restraint(t)
        return []

    def _keep_restraint(self, t: Transaction) -> None:
        """Where it has changed."""
        self._to_keep = self.restraint.kept()
        if self._to_keep != self._kept:
            t.channel_states.put(self._to_keep)
