"""What was found out about services, or hooks, outlives the process that found it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from gateway.calls.breaker import Breaker
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import Row

T = TypeVar("T")
Rows = dict[str, Row]  # by name

NOTHING = Breaker().kept()


class Guarded(Protocol):
    """A service or a hook that is left alone where it fails."""

    def kept(self) -> Row:
        """What whoever asks or tells it next has to know: failures, until and next_at (UTC)."""

    def take(self, row: Row, now: datetime) -> None:
        """Go on from what was kept, at ``now`` (UTC). Who kept it may have had another clock: nothing rests longer than
        it can from now on."""


@dataclass
class KeptBreakers:
    """Those of one ``kind``, by name, as they are and as the database has them.

    Who begins to work goes on from what is kept (`recover`), and forgets of whom the settings do not tell any more.
    What changes is written with what changed it (`run`); where nothing does, nothing is written.
    """

    kind: str
    guarded: Mapping[str, Guarded]
    _kept: Rows = field(default_factory=dict)  # as the database has it
    _taken: bool = False  # whether they go on from what was kept

    async def recover(self, storage: Storage, work: Callable[[Transaction], object], now: datetime) -> None:
        """Do ``work`` and read what is kept, in one transaction; take it where others may have worked meanwhile."""
        found = await storage.run(lambda t: self._recovered(t, work))
        self._kept = {name: found.get(name, NOTHING) for name in self.guarded}
        if not self._taken:
            for name, row in self._kept.items():
                self.guarded[name].take(row, now)
        self._taken = True

    def _recovered(self, t: Transaction, work: Callable[[Transaction], object]) -> Rows:
        work(t)
        found = t.breakers.of(self.kind)
        if unknown := found.keys() - self.guarded.keys():
            t.breakers.forget(self.kind, unknown)
        return found

    async def run(self, storage: Storage, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` and keep what has changed, in one transaction; what the work returns."""
        done, changed = await storage.run(lambda t: self._ran(t, work))
        self._kept |= changed
        return done

    def _ran(self, t: Transaction, work: Callable[[Transaction], T]) -> tuple[T, Rows]:
        done = work(t)
        changed = {name: row for name, one in self.guarded.items() if (row := one.kept()) != self._kept.get(name)}
        if changed:
            t.breakers.put([{"kind": self.kind, "name": name, **row} for name, row in changed.items()])
        return done, changed

    def let_go(self) -> None:
        """Others may work from now on, until `recover`."""
        self._taken = False
