"""The rulebooks in force: read from the operator's folder, kept by content hash, never replaced by a broken file."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from rules.book import Channel, Rulebook
from rules.diagnostics import Diagnostic
from rules.loader import Project, load_folder, load_rulebook
from rules.marks import read_what_can_be_read
from storage.transaction import Transaction
from storage.values import Row

log = structlog.get_logger()
Texts = Mapping[str, bytes]
SHOWN_NAME = 60  # characters of a campaign's name in a file that is broken


class NoRulebook(LookupError):
    """No version of this campaign's rule file can be read: what happens in it waits until one comes into force."""

    def __init__(self, campaign: str) -> None:
        super().__init__(f"there is no rule file for the campaign {campaign}")
        self.campaign = campaign


def read_folder(folder: Path) -> dict[str, bytes]:
    """The bytes of every ``*.yaml`` of the folder, by path as an operator would write it. Raises OSError."""
    return {str(path): path.read_bytes() for path in sorted(folder.glob("*.yaml"))}


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """The path of a rule file with so many ``errors``, which therefore is not in force. ``campaign`` is the one that it
    is about, "" where that cannot be told."""

    file: str
    errors: int
    campaign: str = ""

    def __str__(self) -> str:
        return f"{Path(self.file).name} has {self.errors} error{'' if self.errors == 1 else 's'}"


@dataclass(frozen=True)
class Changes:
    """What a look at the rules folder brought. ``gone`` are campaigns in force that no file there is about."""

    books: tuple[Rulebook, ...]
    diagnostics: tuple[Diagnostic, ...]
    gone: frozenset[str] = frozenset()
    broken: tuple[BrokenFile, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps files from coming into force."""
        return tuple(found for found in self.diagnostics if found.level == "error")

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Those about files that come into force now; of the others they have been told."""
        files = {book.file for book in self.books}
        return tuple(found for found in self.diagnostics if found.level == "warning" and found.position.file in files)


@dataclass
class Rulebooks:
    """Which rulebook each campaign runs on, and every earlier version that something in flight still needs: see
    `let_go`."""

    project: Project
    channels: Mapping[str, Channel]
    active: dict[str, Rulebook] = field(default_factory=dict)
    versions: dict[str, Rulebook] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    broken: tuple[BrokenFile, ...] = ()
    gone: frozenset[str] = frozenset()  # campaigns in force that no file of the folder is about any more

    def of(self, campaign: str) -> Rulebook:
        """The rulebook a campaign runs on. Raises `NoRulebook` if no version of it can be read."""
        if campaign not in self.active:
            raise NoRulebook(campaign)
        return self.active[campaign]

    def zone_of(self, campaign: str) -> str:
        """The time zone of a campaign; UTC for one without a usable rule file."""
        return self.active[campaign].timezone if campaign in self.active else "UTC"

    def version(self, hash: str) -> Rulebook | None:
        """The rulebook with this content hash, whether in force or earlier."""
        return self.versions.get(hash)

    def order(self, campaigns: Collection[str]) -> list[str]:
        """Those of ``campaigns`` that have a rulebook, in the order in which their files were read."""
        return [name for name in self.active if name in campaigns]

    def restore(self, t: Transaction) -> None:
        """Take up what the database knows: the version each campaign ran on, and those that open talks and runs began
        with."""
        for campaign in t.campaigns.all():
            if campaign["rules"] and (book := self._stored(t, campaign["rules"])):
                self.put_in_force([book])
        self.take_up(t, {*t.communications.open_versions(), *t.runs.versions()})

    def take_up(self, t: Transaction, hashes: Collection[str]) -> None:
        """Have these versions at hand, too; one that can't be read is looked for once."""
        for hash in sorted(set(hashes) - self.versions.keys() - self.unreadable):
            self._stored(t, hash)

    def let_go(self, t: Transaction) -> None:
        """Keep the versions that a restart would take up, and no others: many edits must not fill the memory. For a
        transaction that writes, beside which nothing is decided."""
        needed = {*t.communications.open_versions(), *t.runs.versions(), *(book.hash for book in self.active.values())}
        self.versions = {hash: book for hash, book in tuple(self.versions.items()) if hash in needed}

    def talks_named(self) -> dict[str, frozenset[str]]:
        """The nodes whose last communication some version names, by campaign; no campaign without any."""
        named: dict[str, frozenset[str]] = {}
        for book in tuple(self.versions.values()):
            if book.talks_named:
                named[book.campaign] = named.get(book.campaign, frozenset()) | book.talks_named
        return named

    def capped(self) -> frozenset[str]:
        """The campaigns that cap how many communications may begin."""
        limits = ((book.campaign, book.contact) for book in tuple(self.versions.values()))
        return frozenset(campaign for campaign, contact in limits if contact.per_day or contact.per_week)

    def paces(self) -> dict[str, int]:
        """How many communications may begin per minute in each campaign that sets a pace."""
        return {name: book.contact.pace for name, book in self.active.items() if book.contact.pace}

    def _stored(self, t: Transaction, hash: str) -> Rulebook | None:
        row = t.campaigns.version(hash)
        book = load_rulebook(row["text"], row["file"], self.project).rulebook if row else None
        if book is None:
            log.error("rule_version_unreadable", hash=hash)
            self.unreadable.add(hash)
            return None
        return self.versions.setdefault(hash, book)

    def read(self, texts: Texts) -> Changes:
        """The sound files of ``texts`` whose content is not in force, every mistake in the others, and what is gone."""
        loaded = load_folder(texts, self.project)
        books = tuple(book for book in loaded.rulebooks.values() if not self._is_in_force(book))
        there = {Path(file).name for file in texts}  # a broken file is still its campaign's
        gone = (b.campaign for b in self.active.values() if Path(b.file).name not in there)
        broken = tuple(self._broken(texts, loaded.diagnostics))
        return Changes(books, loaded.diagnostics, frozenset(gone) - frozenset(loaded.rulebooks), broken)

    def _broken(self, texts: Texts, found: Iterable[Diagnostic]) -> Iterator[BrokenFile]:
        errors = Counter(one.position.file for one in found if one.level == "error")
        for file, number in sorted(errors.items()):
            yield BrokenFile(file, number, self._campaign_of(file, texts[file]))

    def _campaign_of(self, file: str, text: bytes) -> str:
        """What a broken file says of itself; else the campaign that last had a file of that name."""
        data = read_what_can_be_read(text)
        named = data.get("campaign") if isinstance(data, dict) else None
        had = (book.campaign for book in self.active.values() if Path(book.file).name == Path(file).name)
        return named[:SHOWN_NAME] if isinstance(named, str) else next(had, "")

    def _is_in_force(self, book: Rulebook) -> bool:
        current = self.active.get(book.campaign)
        return current is not None and current.hash == book.hash

    def behind(self, campaigns: Iterable[Row]) -> frozenset[str]:
        """Those of these campaigns (rows) for which the database has another version in force than is known here."""
        stored = {row["name"]: row["rules"] for row in campaigns if row["rules"]}
        return frozenset(name for name, book in self.active.items() if stored.get(name, book.hash) != book.hash)

    def put_in_force(self, books: Iterable[Rulebook]) -> None:
        """Campaigns run on these from now on. Whole mappings are exchanged: the worker may be reading the old ones."""
        for book in books:
            self.versions = {**self.versions, book.hash: book}
            self.active = {**self.active, book.campaign: book}


def agree(t: Transaction, rulebooks: Rulebooks) -> bool:
    """The database takes each campaign's version from here, where it has another one; whether it had any."""
    behind = rulebooks.behind(t.campaigns.all())
    for campaign in behind:
        t.campaigns.activate_version(campaign, rulebooks.of(campaign).hash)
    return bool(behind)


def store(t: Transaction, books: Iterable[Rulebook], texts: Texts, now: datetime) -> None:
    """Keep the text of each rulebook and make it its campaign's version."""
    for book in books:
        t.campaigns.ensure(book.campaign)
        t.campaigns.keep_version(book.hash, book.campaign, book.file, texts[book.file].decode("utf-8"), now)
        t.campaigns.activate_version(book.campaign, book.hash)
