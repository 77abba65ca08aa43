"""Let the time of a gateway on a `ManualClock` pass: the clock jumps, but only while nothing is going on."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from channels.sandbox import Sandbox
from gateway.app import Gateway
from gateway.clock import ManualClock
from gateway.roles import ALONE
from storage.transaction import Transaction

QUIET_LOOKS = 3  # how often in a row nothing must be going on before all counts as quiet
LOOK = 0.01  # real seconds between two looks


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in the database: what is ``busy`` does not wait for the clock, ``due`` is what waits for it
    first. ``commits`` is how many the gateway had made before."""

    commits: int
    busy: bool
    due: datetime | None = None


@dataclass(frozen=True)
class Hourglass:
    """The clock of one gateway and its sandbox."""

    gateway: Gateway
    sandbox: Sandbox
    clock: ManualClock

    async def quiet(self) -> datetime | None:
        """Return once nothing goes on that does not wait for the clock: the next moment something waits for, if any."""
        looks, last = 0, Look(-1, True)
        while looks < QUIET_LOOKS:
            await self.gateway.uploads.idle()
            await asyncio.sleep(LOOK)
            if self.gateway.spool.depth or not self.sandbox.idle():
                looks = 0
                continue
            if not self._holds(last):
                last = await self._look()
            looks = looks + 1 if self._is_quiet(last) else 0
        return min((due for due in (last.due, self.sandbox.next_due()) if due is not None), default=None)

    async def go_to(self, moment: datetime) -> None:
        """Let everything happen that happens until ``moment`` (UTC), each thing at its time."""
        while (due := await self.quiet()) is not None and due <= moment:
            self.clock.advance_to(due)
        self.clock.advance_to(moment)

    def _holds(self, last: "Look") -> bool:
        """Whether nothing has been written since that look, which found nothing to do: it need not be looked again."""
        return self._is_quiet(last) and self.gateway.settings.roles == ALONE and last.commits == self._commits()

    def _is_quiet(self, look: "Look") -> bool:
        return not look.busy and (look.due is None or look.due > self.clock.now())

    async def _look(self) -> "Look":
        commits = self._commits()
        busy, due = await self.gateway.storage.read(lambda t: (True, None) if self._busy(t) else (False, self._due(t)))
        return Look(commits, busy, due)

    def _commits(self) -> int:
        return self.gateway.storage.commits

    def _busy(self, t: Transaction) -> bool:
        """Whether anything goes on; what mostly does is asked for first."""
        counts = (t.inbox.waiting_count, t.outbox.sending_count, t.calls.asking_count, t.deliveries.sending_count)
        return any(count() for count in counts) or t.calls.any_tellable()

    def _due(self, t: Transaction) -> datetime | None:
        dues = (
            self.gateway.timers.next_due(t),
            *(sender.next_due(t) for sender in self.gateway.senders.values()),
            *(sweeper.next_due(t) for sweeper in self.gateway.sweepers),
            self.gateway.caller.next_due(t),
            self.gateway.deliverer.next_due(t),
        )
        return min((due for due in dues if due is not None), default=None)
