"""The spool is emptied into the inbox as soon as the database takes events again."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from gateway.clock import Bell
from gateway.parts import SWEEP, Rest, keep_working
from storage.inbox_or_spool import InboxOrSpool

log = structlog.get_logger()


@dataclass
class Drainer:
    """Moves what was spooled, oldest first. ``on_drained`` is called after each batch."""

    inbox: InboxOrSpool
    bell: Bell
    on_drained: Callable[[], None]
    _seen: int = 0  # the most that waited since the spool was last empty

    async def run(self) -> None:
        """Work until the bell is closed."""
        await keep_working("drainer", self.bell, self._turn)

    async def _turn(self) -> Rest | None:
        """Move a batch, or rest: how much waits is known without asking anybody."""
        self._seen = max(self._seen, self.inbox.spooled)
        if not self.inbox.undone:
            return Rest(SWEEP)
        await self.inbox.drain()
        self.on_drained()
        if self.inbox.spooled:
            return None
        log.warning("spool_drained", at_most=self._seen)
        self._seen = 0
        return Rest(SWEEP)
