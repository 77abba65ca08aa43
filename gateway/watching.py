"""Watch the rules folder: a changed file comes into force, a broken one is reported and changes nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import structlog

from gateway.clock import Bell, Clock
from gateway.parts import Rest, keep_working
from gateway.rulebooks import Changes, Rulebooks, Texts, agree, read_folder, store
from rules.book import Rulebook
from storage.database import Storage
from storage.transaction import Transaction

PERIOD = 1.0  # seconds between two looks at the folder

log = structlog.get_logger()
Stamp = tuple[tuple[str, int, int], ...]
Tell = Callable[[Transaction, Changes], None]


def tell_nobody(t: Transaction, changes: Changes) -> None:
    """Nobody has asked for this look."""


@dataclass
class RulesWatch:
    """Reads the folder again whenever a file in it changed.

    ``on_released`` is called when events that waited for a rulebook can be decided.
    """

    folder: Path
    rulebooks: Rulebooks
    storage: Storage
    clock: Clock
    bell: Bell
    on_report: Callable[[Changes, dict[str, bytes]], None]
    on_released: Callable[[], None]
    seen: Stamp = field(default=())
    releases: bool = True  # at first, what an earlier process has held
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)  # a look beside another might bring an old file back
    untold: tuple[Rulebook, ...] = ()  # books in force of which nothing was reported yet

    async def run(self) -> None:
        """Watch until the bell is closed."""
        await keep_working("rules", self.bell, self._turn)

    async def _turn(self) -> Rest:
        try:
            await self.look()
        except OSError as error:
            log.error("rules_not_read", reason=str(error))
        return Rest(PERIOD)

    async def look(self) -> None:
        """Load the folder if anything in it changed since the last look, or if `pointsman plan` has put a version in
        force that is not in force here: where this process refuses the file, it goes on with its own, and what was to
        be settled is decided by that."""
        if self.seen != await asyncio.to_thread(folder_stamp, self.folder) or await self._behind():
            await self.load()

    async def _behind(self) -> frozenset[str]:
        return await self.storage.read(lambda t: self.rulebooks.behind(t.campaigns.all()))

    async def load(self, tell: Tell = tell_nobody, campaign: str = "") -> Changes:
        """Put what is sound in force and report every mistake; what comes into force is told to ``tell`` in the
        transaction that keeps it. The file of ``campaign`` comes into force even where one of several processes would
        leave it for older (see `gateway.shared_rules_watch`). Raises OSError where the folder can't be read."""
        async with self.loading:
            return await self._load(tell, campaign)

    async def _load(self, tell: Tell, campaign: str) -> Changes:
        stamp = await asyncio.to_thread(folder_stamp, self.folder)
        texts = await asyncio.to_thread(read_folder, self.folder)
        changes = await asyncio.to_thread(self.rulebooks.read, texts)
        now = self.clock.now()
        await self.storage.run(lambda t: _keep(t, changes, texts, now, tell))
        self._put_in_force(changes)
        self.releases |= await self.storage.run(lambda t: agree(t, self.rulebooks))
        await self._release()
        await self.storage.run(self.rulebooks.let_go)
        self.seen = stamp
        self._tell(changes, texts)
        return changes

    def _put_in_force(self, changes: Changes) -> None:
        """What follows from that is remembered until it is done: once in force, a book is no change any more."""
        self.rulebooks.put_in_force(changes.books)
        self.releases |= bool(changes.books)
        self.untold += changes.books

    def _tell(self, changes: Changes, texts: dict[str, bytes]) -> None:
        mended = {one.file for one in self.rulebooks.broken} & texts.keys() - {one.file for one in changes.broken}
        self.rulebooks.broken = changes.broken
        if mended:
            log.info("rules_mended", files=sorted(mended))
        for campaign in sorted(changes.gone - self.rulebooks.gone):
            log.warning("rule_file_gone", campaign=campaign, goes_on_with=self.rulebooks.of(campaign).hash[:12])
        self.rulebooks.gone = changes.gone
        told, self.untold = self.untold, ()
        self.on_report(replace(changes, books=told), texts)

    async def _release(self) -> None:
        """Let what waited for a rulebook be decided; what still has none is held again. Only once books are in force:
        an event that is decided before that is held, and would miss its release."""
        released = await self._released() if self.releases else 0
        self.releases = False
        if released:
            log.info("events_released", events=released)
            self.on_released()

    async def _released(self) -> int:
        return await self.storage.run(lambda t: t.inbox.release())


def _keep(t: Transaction, changes: Changes, texts: Texts, now: datetime, tell: Tell) -> None:
    store(t, changes.books, texts, now)
    tell(t, changes)


def folder_stamp(folder: Path) -> Stamp:
    """Changes whenever a rule file is added, removed or written."""
    stats = ((path.name, path.stat()) for path in sorted(folder.glob("*.yaml")))
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
