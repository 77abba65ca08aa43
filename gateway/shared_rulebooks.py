"""The rulebooks of one of several processes: the database says what is in force, and everybody follows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from gateway.rulebooks import SHOWN_HASH, CannotFollow, Rulebooks, versions_of, waited_on
from rules.book import Rulebook
from storage.transaction import Transaction
from storage.values import Row

log = structlog.get_logger()


@dataclass
class SharedRulebooks(Rulebooks):
    """Follows the database, version by version: `as_of` for each batch, `look` all the while.

    ``wanted`` are the content hashes of what was in force there when we last looked, by campaign. ``lost`` says by
    content hash why versions that are needed cannot be loaded here, while others may be able to; ``gained``, that a
    campaign came to have a rulebook that had none. ``own`` are the versions that this process puts in force itself.
    Campaigns are in the order of their names, the same in every process.
    """

    wanted: Mapping[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    gained: bool = False
    own: frozenset[str] = frozenset()

    def restore(self, t: Transaction) -> None:
        """As for one process; what it lacks is `lost` from the beginning."""
        self.take_up(t, waited_on(t))
        self.look(t)

    def require(self, t: Transaction, hashes: Collection[str]) -> bool:
        brought = self.take_up(t, hashes)
        if missing := self.unreadable.keys() & set(hashes):
            self._insist(t, missing)
        return brought

    def as_of(self, t: Transaction, campaigns: Sequence[Row]) -> Rulebooks:
        """No lane goes back to an earlier version: the rows tell what is in force after whoever decided there before
        has ended, and no batch is decided by anything else."""
        books = self.follow(t, campaigns)
        if missing := versions_of(campaigns) - {book.hash for book in books.active.values()}:
            self._insist(t, missing)
        return books

    def hindrance(self) -> str:
        return "; ".join(tuple(self.lost.values()))

    def hindered(self, t: Transaction) -> bool:
        self.look(t)
        return bool(self.lost)

    def follow(self, t: Transaction, campaigns: Sequence[Row]) -> Rulebooks:
        """What these campaigns (rows) run on comes into force here, too; what cannot be loaded stays as it was. Return
        those that are as the rows say, whatever comes into force meanwhile, and no others."""
        versions = self.versions  # may be exchanged at any moment
        for hash in sorted(versions_of(campaigns) - versions.keys() - self.unreadable.keys()):
            if book := self._stored(t, hash):
                versions.setdefault(hash, book)
        found = {row["name"]: versions[row["rules"]] for row in campaigns if row["rules"] in versions}
        self._notice(found)
        self.wanted = {row["name"]: row["rules"] for row in campaigns if row["rules"]}
        self.active = found | self._kept(t, [row for row in campaigns if row["name"] not in found])
        return replace(self, active=found, versions=versions)

    def look(self, t: Transaction) -> list[Row]:
        """Follow the database, and see what that is needed cannot be loaded here; the campaigns."""
        campaigns = t.campaigns.all()
        self.follow(t, campaigns)
        needed = versions_of(campaigns)
        if self.unreadable.keys() - needed:
            needed |= waited_on(t)
        missing = self.unreadable.keys() & needed
        missing -= t.version_doubts.given_up(missing)
        self.lost.update({hash: self.unreadable[hash] for hash in sorted(missing)})
        for hash in self.lost.keys() - missing:
            self.lost.pop(hash, None)
        return campaigns

    def know(self, books: Sequence[Rulebook]) -> None:
        """This process is about to put these in force: they need not be loaded anew, and it says so itself."""
        self.own = frozenset(book.hash for book in books)
        self.versions = {**self.versions, **{book.hash: book for book in books}}

    def _is_in_force(self, book: Rulebook) -> bool:
        return self.wanted.get(book.campaign) == book.hash

    def _notice(self, found: Mapping[str, Rulebook]) -> None:
        """Of what this process puts in force itself, more is told elsewhere."""
        for name, book in found.items():
            before = self.active.get(name)
            self.gained |= before is None
            if (before is None or before.hash != book.hash) and book.hash not in self.own:
                log.info("rules_followed", campaign=name, hash=book.hash[:SHOWN_HASH])

    def _kept(self, t: Transaction, campaigns: Sequence[Row]) -> dict[str, Rulebook]:
        """The books of campaigns (rows) whose version cannot be loaded here, as long as others may be able to."""
        missing = versions_of(campaigns)
        missing -= t.version_doubts.given_up(missing)
        names = (row["name"] for row in campaigns if row["rules"] in missing)
        return {name: self.active[name] for name in names if name in self.active}

    def _insist(self, t: Transaction, missing: Collection[str]) -> None:
        """What cannot be loaded here cannot be done without, unless nobody can load it."""
        if others := set(missing) - t.version_doubts.given_up(missing):
            self.lost.update({hash: self.unreadable[hash] for hash in sorted(others)})
            raise CannotFollow(self.hindrance())
