"""Timers: rows that become inbox events when they are due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.clock import Bell, Clock
from gateway.parts import Rest, keep_working
from rules.effects import START_TIMER
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import About, DueTimer, NewEvent

BATCH = 500  # timers turned into events in one transaction
SWEEP = 5.0  # seconds after which the timers are looked at though nobody rang


@dataclass
class Timers:
    """Wakes what waits. What a stopped campaign has planned stays a row until it runs again."""

    storage: Storage
    clock: Clock
    bell: Bell
    on_due: Callable[[], None]

    async def run(self) -> None:
        """Work until the bell is closed."""
        await keep_working("timers", self.bell, self._turn)

    async def _turn(self) -> Rest | None:
        """Turn what is due into events, or rest until something is."""
        due = await self.storage.read(self._next_due)
        if due is None or due > self.clock.now():
            return Rest(SWEEP, due)
        await self.storage.run(self.fire)
        self.on_due()
        return None

    @staticmethod
    def _next_due(t: Transaction) -> datetime | None:
        return t.timers.next_due(held=START_TIMER)

    def fire(self, t: Transaction) -> None:
        """Turn a batch of due timers into events, in one transaction."""
        now = self.clock.now()
        due = t.timers.take_due(now, BATCH, held=START_TIMER)
        t.inbox.keep([timer_event(timer, now) for timer in due])


def timer_event(timer: DueTimer, now: datetime) -> NewEvent:
    """The event of a timer that fired. ``due`` tells whether the timer still stands when the event is decided."""
    payload = {
        "customer": timer.customer,
        "campaign": timer.campaign,
        "subject": timer.subject,
        "name": timer.name,
        "due": timer.due.isoformat(),
    }
    key = f"timer:{timer.subject}:{timer.name}:{timer.due.isoformat()}:{now.isoformat()}"
    return NewEvent(key, "timer", About("lane", timer.lane), payload, now)
