"""The spool is emptied into the inbox as soon as the database takes events again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from gateway.clock import Bell
from gateway.parked_events import IN_SPOOL
from gateway.parts import SWEEP, Rest, keep_working
from storage.inbox_or_spool import InboxOrSpool
from storage.spool_file import SpooledEvent

log = structlog.get_logger()


@dataclass
class Drainer:
    """Moves what was spooled, oldest first. ``on_drained`` is called after each batch; ``caught_up`` is set once all
    is moved that an earlier process has left."""

    inbox: InboxOrSpool
    bell: Bell
    on_drained: Callable[[], None]
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)
    _told: int = 0  # how many events had left the spool when it was last told

    async def run(self) -> None:
        """Work until the bell is closed."""
        await keep_working("drainer", self.bell, self._turn)
        self.caught_up.set()  # who waits for it shall end, too

    async def _turn(self) -> Rest | None:
        """Move a batch, or rest: how much waits is known without asking anybody."""
        try:
            await self._move()
        finally:
            if not self.inbox.holds_earlier:
                self.caught_up.set()
        if self.inbox.spooled:
            return None
        self._tell()
        return Rest(SWEEP)

    async def _move(self) -> None:
        if self.inbox.undone:
            await self.inbox.drain()
            self.on_drained()

    def _tell(self) -> None:
        """Once, after the last event has left."""
        if moved := self.inbox.moved - self._told:
            log.warning("spool_drained", events=moved)
            self._told += moved


def tell_outage(reason: str) -> None:
    """From now on events are kept in the spool."""
    log.error("events_spooled", reason=reason)


def tell_set_aside(one: SpooledEvent, kind: str) -> None:
    """The database refuses this event, with this kind of error: its words may quote the event."""
    log.error("event_set_aside", number=f"{IN_SPOOL}{one.seq}", kind=one.event.kind, reason=kind)
