"""Read kept requests: what a channel keeps whole at the edge becomes messages here, one transaction each."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from channels.base import Channel as Adapter
from gateway.clock import Bell, Clock
from gateway.incoming import kept_request, new_event
from gateway.worker import MAX_ATTEMPTS, OUTAGE_PAUSE, SWEEP
from rules.book import Channel
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.values import NewEvent, WaitingEvent

BATCH = 100  # requests read before the inbox is asked again

log = structlog.get_logger()


@dataclass
class Reader:
    """Hands each kept request to its channel and keeps what it says, exactly once."""

    storage: Storage
    adapters: Mapping[str, Adapter]
    channels: Mapping[str, Channel]
    clock: Clock
    bell: Bell
    worker_bell: Bell

    async def run(self) -> None:
        """Work until the bell is closed."""
        while not self.bell.closed:
            try:
                busy = await self.work_once()
            except StorageUnavailable as error:
                log.error("database_unavailable", reason=str(error))
                await self.bell.wait(None, OUTAGE_PAUSE)
                continue
            if not busy:
                await self.bell.wait(None, SWEEP)

    async def work_once(self) -> bool:
        """Read one batch; True if there was anything to do."""
        events = await self.storage.read(lambda t: t.inbox.waiting(BATCH, include=("request",)))
        for event in events:
            await self._read(event)
        return bool(events)

    async def _read(self, event: WaitingEvent) -> None:
        try:
            found = await self._messages(event)
        except Exception as error:
            log.exception("request_failed", inbox=event.id, attempt=event.attempts + 1)
            await self._failed(event, f"{type(error).__name__}: {error}")
        else:
            await self._keep(event, found)

    async def _messages(self, event: WaitingEvent) -> list[NewEvent]:
        name = event.payload["channel"]
        messages = await self.adapters[name].read(kept_request(event.payload))
        return [new_event(self.channels[name], message, event.received_at) for message in messages]

    async def _keep(self, event: WaitingEvent, found: list[NewEvent]) -> None:
        now = self.clock.now()

        def replace(t: Transaction) -> None:
            t.inbox.keep(found)
            t.inbox.decided([event.id], now)

        await self.storage.run(replace)
        self.worker_bell.ring()

    async def _failed(self, event: WaitingEvent, reason: str) -> None:
        if event.attempts + 1 >= MAX_ATTEMPTS:
            await self.storage.run(lambda t: t.inbox.park(event.id, reason, self.clock.now()))
        else:
            await self.storage.run(lambda t: t.inbox.attempted(event.id, reason))
