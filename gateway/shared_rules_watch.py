"""The rules watch of one of several processes: it follows the database, and puts there what is news in its folder."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import structlog

from gateway.activating import Looked, Overtaken
from gateway.doubting import Doubting
from gateway.rulebooks import SHOWN_HASH, Changes, read_folder
from gateway.shared_rulebooks import SharedRulebooks
from gateway.watching import RulesWatch, Stamp, Tell, folder_stamp, tell_nobody
from storage.transaction import Transaction
from storage.values import Row
from storage.version_doubts import Doubt

TRIES = 5  # looks at folder and database until what is news is in force, while other processes put theirs in force

log = structlog.get_logger()


@dataclass
class SharedRulesWatch(RulesWatch):
    """See `gateway.activating` for what is news. ``decides`` says whether this process does.

    ``had`` are the content hashes of the files at the last look, and of files that have gone since.
    """

    rulebooks: SharedRulebooks
    decides: bool = True
    had: dict[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)  # what was in force at the last look at the folder
    activates: bool = False  # whether what is to be released may be held at this moment by others
    hindered: str = ""

    def __post_init__(self) -> None:
        self.doubting = Doubting(self.storage, self.rulebooks, self.clock)

    async def look(self) -> None:
        """Follow the database; and look at the folder where it, or what is in force, has changed."""
        async with self.loading:
            await self._follow()
            if self.known != self.rulebooks.wanted or self.seen != await asyncio.to_thread(folder_stamp, self.folder):
                await self._load(tell_nobody, "")
            else:
                await self._release()

    async def _follow(self) -> list[Row]:
        """What is in force in the database is in force here, or this process says why not; the campaigns."""
        campaigns, doubts = await self.storage.read(self._look)
        if self.decides and await self.doubting.look(doubts):
            self.activates = self.releases = True
        self.releases |= self.rulebooks.gained
        self.rulebooks.gained = False
        self._tell_hindrance()
        return campaigns

    def _look(self, t: Transaction) -> tuple[list[Row], Mapping[str, Doubt]]:
        return self.rulebooks.look(t), t.version_doubts.all() if self.decides else {}

    def _tell_hindrance(self) -> None:
        hindrance = self.rulebooks.hindrance()
        if hindrance and hindrance != self.hindered:
            log.error("rules_cannot_be_followed", reason=hindrance)
        elif self.hindered and not hindrance:
            log.warning("rules_can_be_followed")
        self.hindered = hindrance

    async def _load(self, tell: Tell, campaign: str) -> Changes:
        for _ in range(TRIES - 1):
            try:
                return await self._load_once(tell, campaign)
            except Overtaken:
                continue
        return await self._load_once(tell, campaign)

    async def _load_once(self, tell: Tell, campaign: str) -> Changes:
        in_force = {row["name"]: row["rules"] for row in await self._follow() if row["rules"]}
        stamp = await asyncio.to_thread(folder_stamp, self.folder)
        texts = await asyncio.to_thread(read_folder, self.folder)
        found = await asyncio.to_thread(self.rulebooks.read, texts)
        looked = Looked(in_force, self.had, campaign)
        changes = await self.storage.read(lambda t: looked.sorted_out(t, found))
        if changes.books:
            await self._activate(looked, changes, texts, tell)
        await self._release()
        await self.storage.run(self.rulebooks.let_go)
        self._tell_all(changes if texts else replace(changes, gone=frozenset()), texts, stamp)
        self.known = {**in_force, **{book.campaign: book.hash for book in changes.books}}
        return changes

    async def _activate(self, looked: Looked, changes: Changes, texts: dict[str, bytes], tell: Tell) -> None:
        """Remembered before it is done is what follows from it: where the database is lost meanwhile, nobody knows
        whether it was."""
        now = self.clock.now()
        self.rulebooks.know(changes.books)
        self.untold += changes.books
        self.activates = self.releases = True
        await self.storage.run(lambda t: looked.activate(t, changes, texts, now, tell))
        await self._follow()

    async def _released(self) -> int:
        """Who is in the middle of a batch that began before a rulebook came into force may hold an event for the lack
        of it. So whoever puts one in force waits until all batches of that time have ended."""
        if not self.activates:
            return await super()._released()
        released = await asyncio.to_thread(self._released_alone)
        self.activates = False
        return released

    def _released_alone(self) -> int:
        with self.storage.alone() as t:
            return t.inbox.release()

    def _tell_all(self, changes: Changes, texts: dict[str, bytes], stamp: Stamp) -> None:
        """In full what this process has put in force, and the folder's mistakes when the folder has changed."""
        in_force = self.rulebooks.wanted
        self.untold = tuple({b.hash: b for b in self.untold if in_force.get(b.campaign) == b.hash}.values())
        if self.seen != stamp or self.untold:
            self._tell(changes, texts)
        for one in set(changes.older) - set(self.rulebooks.older):
            now = in_force.get(one.campaign, "")[:SHOWN_HASH]
            log.warning("rule_file_older", file=Path(one.file).name, hash=one.hash[:SHOWN_HASH], in_force=now)
        self.rulebooks.older, self.rulebooks.own = changes.older, frozenset()
        self.had |= {file: sha256(text).hexdigest() for file, text in texts.items()}
        self.seen = stamp
