"""Timers: rows that become inbox events when they are due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.clock import Bell, Clock
from rules.effects import START_TIMER
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.values import About, DueTimer, NewEvent

BATCH = 500  # timers turned into events in one transaction
SWEEP = 5.0  # seconds after which the timers are looked at though nobody rang

log = structlog.get_logger()


@dataclass
class Timers:
    """Wakes what waits. What a stopped campaign has planned stays a row until it runs again."""

    storage: Storage
    clock: Clock
    bell: Bell
    on_due: Callable[[], None]

    async def run(self) -> None:
        """Work until the bell is closed."""
        while not self.bell.closed:
            try:
                until = await self._fire_due()
            except StorageUnavailable as error:
                log.error("database_unavailable", reason=str(error))
                until = None
            await self.bell.wait(until, SWEEP)

    async def _fire_due(self) -> datetime | None:
        """Turn all that is due into events; when the next one is due."""
        while not self.bell.closed:
            due = await self.storage.read(self._next_due)
            if due is None or due > self.clock.now():
                return due
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
