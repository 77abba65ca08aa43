"""Read kept requests: what a channel keeps whole at the edge becomes messages here, one transaction each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from channels.base import Channel as Adapter
from gateway.clock import Bell, Clock
from gateway.hooks.aside import tell_parked
from gateway.hooks.telling import SILENT, Telling
from gateway.incoming import kept_request, new_event
from gateway.log_context import told_of_event
from gateway.parts import MAX_ATTEMPTS, SWEEP, Rest, keep_working, reason_of
from gateway.tracing.tracing import OFF, Tracing
from rules.book import Channel
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.values import NewEvent, WaitingEvent

BATCH = 100  # requests read before the inbox is asked again

log = structlog.get_logger()


@dataclass
class Reader:
    """Hands each kept request to its channel and keeps what it says, exactly once.

    What can't be read is parked with its reason: at once where its channel left the settings.
    """

    storage: Storage
    adapters: Mapping[str, Adapter]
    channels: Mapping[str, Channel]
    clock: Clock
    bell: Bell
    worker_bell: Bell
    telling: Telling = SILENT
    tracing: Tracing = OFF

    async def run(self) -> None:
        """Work until the bell is closed."""
        await keep_working("reader", self.bell, self._turn)

    async def _turn(self) -> Rest | None:
        return None if await self.work_once() else Rest(SWEEP)

    async def work_once(self) -> bool:
        """Read one batch; True if there was anything to do."""
        events = await self.storage.read(lambda t: t.inbox.waiting(BATCH, include=("request",)))
        for event in events:
            with told_of_event(event):
                await self._read(event)
        return bool(events)

    async def _read(self, event: WaitingEvent) -> None:
        name = event.payload.get("channel", "")
        if name not in self.adapters:
            return await self._park(event, f"channel {name} is no longer in the settings")
        try:
            await self._keep(event, await self._messages(event, name))
        except StorageUnavailable:
            raise
        except Exception as error:
            log.exception("request_failed", attempt=event.attempts + 1)
            await self._failed(event, reason_of(error))

    async def _messages(self, event: WaitingEvent, channel: str) -> list[NewEvent]:
        messages = await self.adapters[channel].read(kept_request(event.payload))
        return [new_event(self.channels[channel], message, event.received_at) for message in messages]

    async def _keep(self, event: WaitingEvent, found: list[NewEvent]) -> None:
        now = self.clock.now()

        def replace(t: Transaction) -> None:
            if t.inbox.still_waiting([event]):  # it may have been dropped with its sender meanwhile
                t.inbox.keep(found)
                t.inbox.decided([event.id], now)

        await self.storage.run(replace)
        self.worker_bell.ring()
        self.tracing.read(event, found)

    async def _failed(self, event: WaitingEvent, reason: str) -> None:
        if event.attempts + 1 >= MAX_ATTEMPTS:
            await self._park(event, f"failed {MAX_ATTEMPTS} times, last: {reason}")
        else:
            await self.storage.run(lambda t: t.inbox.attempted(event.id, reason))

    async def _park(self, event: WaitingEvent, reason: str) -> None:
        log.error("request_parked", reason=reason)
        await self.storage.run(lambda t: park(t, event, reason, self.clock.now(), self.telling))


def park(t: Transaction, event: WaitingEvent, reason: str, now: datetime, telling: Telling) -> None:
    if t.inbox.still_waiting([event]):
        t.inbox.park(event.id, reason, now)
        tell_parked(t, telling, event, reason, now)
