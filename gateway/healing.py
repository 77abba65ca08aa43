"""Healing: what waits for something that will not come is given it anew, so that no path waits for ever unseen."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.clock import Bell, Clock
from gateway.parking import stranded_event
from gateway.parts import Rest, keep_working
from storage.database import Storage
from storage.stranded import Page, Stranded
from storage.transaction import Transaction
from storage.values import NewEvent

EVERY = timedelta(hours=1)
LOOK = 60.0  # seconds after which the clock is looked at
LOST = "its answer was lost"

log = structlog.get_logger()


@dataclass
class Healer:
    """Looks at everything that waits, at the start and every hour, page by page.

    A lost answer is told as a call that failed; of a lost time an event tells, and the rules set one anew. What a
    campaign without a usable rule file has lost waits until it has one: ``campaigns`` gives those that do. ``on_found``
    is called after something was left for others.
    """

    storage: Storage
    campaigns: Callable[[], Collection[str]]
    clock: Clock
    bell: Bell
    on_found: Callable[[], None]
    _due: datetime | None = None

    async def run(self) -> None:
        """Look until the bell is closed; at first at once."""
        await keep_working("healer", self.bell, self._turn)

    async def _turn(self) -> Rest:
        now = self.clock.now()
        if self._due is None or now >= self._due:
            await self.heal()
            self._due = now + EVERY
        return Rest(LOOK)

    async def heal(self) -> int:
        """Heal what there is; how many paths and communications that were."""
        paths = await self._heal_all(lambda t, after: t.stranded.runs(after or 0))
        talks = await self._heal_all(lambda t, after: t.stranded.talks(after or ""))
        if paths or talks:
            log.warning("waited_in_vain", paths=paths, communications=talks)
            self.on_found()
        return paths + talks

    async def _heal_all(self, look: Callable[[Transaction, Any], Page]) -> int:
        healed, after = 0, None
        while not self.bell.closed:
            page = await self.storage.read(lambda t, after=after: look(t, after))  # type: ignore[misc]
            usable = self.campaigns()
            found = [one for one in page.found if one.campaign in usable]
            if found:
                await self.storage.run(lambda t, found=found: give_anew(t, found, self.clock.now()))  # type: ignore[misc]
            healed, after = healed + len(found), page.next
            if after is None:
                break
        return healed


def give_anew(t: Transaction, found: Sequence[Stranded], now: datetime) -> None:
    """Let what was lost be told."""
    t.stranded.fail_calls([one for one in found if one.call], LOST, now)
    timeless = [one for one in found if not one.call]
    t.stranded.clear_fired([one.subject for one in timeless])
    t.inbox.keep([lost_time(one, now) for one in timeless])


def lost_time(one: Stranded, now: datetime) -> NewEvent:
    key = f"{one.subject}:{now.isoformat()}"
    return stranded_event(key, one.lane, one._asdict(), "", now)
