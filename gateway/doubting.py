"""Versions that one of several processes cannot load: whether another one can, and what becomes of them if none can.

A process that cannot load what is in force decides nothing, and leaves that to those that can. Where none can (a
service has gone from everybody's settings), all would wait for ever, for one campaign. So who cannot asks the others,
who answer within a second or two. A question that stays for `GIVE_UP_SECONDS` its asker answers: the version is given
up, and its campaign has no rulebook until somebody can load it, or another version comes into force.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

import structlog

from gateway.clock import Clock
from gateway.rulebooks import SHOWN_HASH
from gateway.shared_rulebooks import SharedRulebooks
from storage.database import Storage
from storage.version_doubts import Doubt

GIVE_UP_SECONDS = 30.0  # a process that can load it may be starting, or be cut off for a moment
UNWATCHED_SECONDS = 5.0  # after so long without a look nobody knows whether there was an answer: it is waited for anew

log = structlog.get_logger()


@dataclass
class Doubting:
    """For one process that decides. ``seconds`` is a clock that only goes forward."""

    storage: Storage
    rulebooks: SharedRulebooks
    clock: Clock
    seconds: Callable[[], float] = monotonic
    _asked: dict[str, tuple[datetime, float]] = field(default_factory=dict)
    _looked: float = 0.0

    async def look(self, doubts: Mapping[str, Doubt]) -> bool:
        """Answer what others ask and ask for what is lost here, as these ``doubts`` were read just now. True where a
        version that was given up can be loaded here: what was held for it can be decided."""
        ours = await self._answer(doubts)
        await self._ask(doubts)
        return any(doubts[hash].given_up for hash in ours)

    async def _answer(self, doubts: Mapping[str, Doubt]) -> list[str]:
        """Who decides nothing itself is no help to others."""
        if not doubts or self.rulebooks.hindrance():
            return []
        await self.storage.read(lambda t: self.rulebooks.take_up(t, doubts.keys()))
        ours = [hash for hash in doubts if self.rulebooks.version(hash)]
        if ours:
            await self.storage.run(lambda t: t.version_doubts.answer(ours))
        return ours

    async def _ask(self, doubts: Mapping[str, Doubt]) -> None:
        now, lost = self.seconds(), tuple(self.rulebooks.lost)
        if now > self._looked + UNWATCHED_SECONDS:
            self._asked.clear()
        self._looked = now
        self._asked = {hash: self._waited(hash, doubts[hash].since) for hash in lost if hash in doubts}
        for hash in lost:
            if hash not in doubts:
                await self.storage.run(lambda t, hash=hash: t.version_doubts.ask(hash, self.clock.now()))  # type: ignore[misc]
            elif now >= self._asked[hash][1] + GIVE_UP_SECONDS:
                await self._give_up(hash, doubts[hash].since)

    def _waited(self, hash: str, since: datetime) -> tuple[datetime, float]:
        """Since when (seconds) this very question stands; one that was answered and asked again is another."""
        before = self._asked.get(hash)
        return before if before and before[0] == since else (since, self._looked)

    async def _give_up(self, hash: str, since: datetime) -> None:
        if await self.storage.run(lambda t: t.version_doubts.give_up(hash, since)):
            log.error("rule_version_given_up", hash=hash[:SHOWN_HASH], reason=self.rulebooks.lost.get(hash, ""))
