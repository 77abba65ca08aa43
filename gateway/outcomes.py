"""Wait for events to be decided: how a caller who left rows learns what became of them."""

import asyncio
from collections.abc import Mapping, Sequence

from storage.database import Storage
from storage.transaction import Transaction

ASIDE = ("parked", "dropped")


class Outcomes:
    """Rung after every committed batch; whoever waits then looks at the decisions."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._next = asyncio.Event()
        self._closed = False

    def ring(self) -> None:
        """A batch is committed."""
        self._next.set()
        self._next = asyncio.Event()

    def close(self) -> None:
        """Nothing more will be decided: whoever waits hears what is known, at once."""
        self._closed = True
        self.ring()

    async def decided(self, events: Sequence[int], seconds: float) -> Mapping[int, str]:
        """What became of those of ``events`` that are decided within ``seconds``; "parked" or "dropped" for one
        that was put aside so."""
        found: dict[int, str] = {}
        try:
            async with asyncio.timeout(seconds):
                while len(found) < len(set(events)):
                    rung = self._next
                    found = await self._storage.read(lambda t: outcomes_of(t, events))
                    if self._closed:
                        return found
                    if len(found) < len(set(events)):
                        await rung.wait()
        except TimeoutError:
            return found
        return found


def outcomes_of(t: Transaction, events: Sequence[int]) -> dict[int, str]:
    """What became of each event that no longer waits."""
    aside = {event: state for event, state in t.inbox.states(events).items() if state in ASIDE}
    return t.decisions.applied(events) | aside
