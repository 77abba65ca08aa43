"""The working parts of a gateway, set to work in turn by hand: each works until there is nothing left to do for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from channels.base import Channel as Adapter
from channels.base import Clock
from gateway.calls.caller import Caller
from gateway.calls.outcomes import Desk
from gateway.clock import Bell
from gateway.decided import Decided
from gateway.parts import Part
from gateway.rulebooks import Rulebooks
from gateway.sender import Sender
from gateway.timers import Timers
from gateway.worker import Worker
from storage.memory import MemoryStorage
from storage.transaction import Transaction

Due = Callable[[Transaction], datetime | None]

UNLIMITED = 1e9  # messages a second: rates of providers are real time, and none passes here


class Nudge(Bell):
    """A bell that nobody waits at: whoever wants to rest there ends, as if it was closed."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.closed = True

    async def wait(self, until: datetime | None, sweep: float) -> None:
        self.close()


@dataclass
class Parts:
    """The worker, the timers, the caller and a sender for each channel, over one storage. ``on_decided`` is told of
    each batch that is decided.

    ``due`` is when there is more to do, as it was when nothing was left to do and the storage had so many writes behind
    it (``looked_at``); ``last`` is the part that worked last.
    """

    storage: MemoryStorage
    rulebooks: Rulebooks
    clock: Clock
    adapters: Mapping[str, Adapter]
    services: Mapping[str, Desk]
    functions: Desk
    on_decided: Callable[[Sequence[Decided]], None]
    works: list[tuple[Part, Nudge, Due]] = field(default_factory=list)
    due: datetime | None = None
    looked_at: int = -1
    last: int = -1

    def __post_init__(self) -> None:
        what = (self.storage, self.rulebooks, self.clock)
        worker, caller, timers = (Nudge(self.clock) for _ in range(3))
        self.worker = Worker(*what, worker, self.on_decided)
        self.caller = Caller(self.storage, self.clock, caller, self.services, self.functions, nobody)
        self.timers = Timers(self.storage, self.clock, timers, nobody, self.rulebooks.paces)
        self.works.append((self.worker, worker, self._worker_due))
        self.works += [self._sender(adapter, Nudge(self.clock)) for adapter in self.adapters.values()]
        self.works += [(self.caller, caller, self._caller_due), (self.timers, timers, self.timers.next_due)]

    def _sender(self, adapter: Adapter, bell: Nudge) -> tuple[Part, Nudge, Due]:
        sender = Sender(adapter, self.storage, self.clock, bell, nobody, per_second=UNLIMITED)
        return sender, bell, sender.next_due

    async def work(self) -> datetime | None:
        """A part that has anything to do now does it. When there is more to do (UTC): at once where anything was done,
        else later, or never by itself (None)."""
        if self.looked_at == self.storage.writes and (self.due is None or self.due > self.clock.now()):
            return self.due
        if await self.storage.read(self._look):
            part, bell, _ = self.works[self.last]
            bell.closed = False
            await part.run()
        return self.due

    def _look(self, t: Transaction) -> bool:
        """Whether any part has something to do now: it is the ``last`` one then. Whoever was that before is asked last,
        so that all get their turn."""
        now, dues = self.clock.now(), list[datetime]()
        for number in sorted(range(len(self.works)), key=lambda number: number == self.last):
            due = self.works[number][2](t)
            if due is not None and due <= now:
                self.last, self.due = number, now
                return True
            dues += [due] if due else []
        self.due, self.looked_at = min(dues, default=None), self.storage.writes
        return False

    def _worker_due(self, t: Transaction) -> datetime | None:
        return self.clock.now() if t.inbox.waiting_count() else None

    def _caller_due(self, t: Transaction) -> datetime | None:
        return self.clock.now() if t.calls.any_tellable() else self.caller.next_due(t)


def nobody() -> None:
    """Nobody has to be woken: all get their turn."""
