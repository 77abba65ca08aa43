"""Let the time of a gateway on a `ManualClock` pass: the clock jumps, but only while nothing is going on."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from channels.sandbox import Sandbox
from gateway.app import Gateway
from gateway.clock import ManualClock
from storage.transaction import Transaction

QUIET_LOOKS = 3  # how often in a row nothing must be going on before all counts as quiet
LOOK = 0.01  # real seconds between two looks


@dataclass(frozen=True)
class Hourglass:
    """The clock of one gateway and its sandbox."""

    gateway: Gateway
    sandbox: Sandbox
    clock: ManualClock

    async def quiet(self) -> None:
        """Return once nothing goes on that does not wait for the clock."""
        looks = 0
        while looks < QUIET_LOOKS:
            await self.gateway.uploads.idle()
            await asyncio.sleep(LOOK)
            looks = looks + 1 if await self._is_quiet() else 0

    async def go_to(self, moment: datetime) -> None:
        """Let everything happen that happens until ``moment`` (UTC), each thing at its time."""
        await self.quiet()
        while (due := await self._next_due()) is not None and due <= moment:
            self.clock.advance_to(due)
            await self.quiet()
        self.clock.advance_to(moment)

    async def _is_quiet(self) -> bool:
        if self.gateway.spool.depth:
            return False
        busy, due = await self.gateway.storage.read(lambda t: (self._busy(t), self._due(t)))
        return not busy and self.sandbox.idle() and (due is None or due > self.clock.now())

    async def _next_due(self) -> datetime | None:
        dues = (await self.gateway.storage.read(self._due), self.sandbox.next_due())
        return min((due for due in dues if due is not None), default=None)

    def _busy(self, t: Transaction) -> int:
        outside = t.outbox.sending_count() + t.calls.asking_count() + t.calls.any_tellable()
        return t.inbox.waiting_count() + outside + t.deliveries.sending_count()

    def _due(self, t: Transaction) -> datetime | None:
        dues = (
            self.gateway.timers.next_due(t),
            *(sender.next_due(t) for sender in self.gateway.senders.values()),
            *(sweeper.next_due(t) for sweeper in self.gateway.sweepers),
            self.gateway.caller.next_due(t),
            self.gateway.deliverer.next_due(t),
        )
        return min((due for due in dues if due is not None), default=None)
