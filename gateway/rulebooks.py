"""The rulebooks in force: read from the operator's folder, kept by content hash, never replaced by a broken file."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
SHOWN_HASH = 12  # characters of a content hash that tell versions apart
NOT_KEPT = "its text is not kept"


class NoRulebook(LookupError):
    """No version of this campaign's rule file can be read: what happens in it waits until one comes into force."""

    def __init__(self, campaign: str) -> None:
        super().__init__(f"there is no rule file for the campaign {campaign}")
        self.campaign = campaign


class CannotFollow(Exception):
    """A version that is needed here cannot be loaded by this process, and perhaps by another one of several. Nothing
    was decided: whoever has the turn leaves it to others, until `Rulebooks.hindrance` has nothing to say any more."""


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


@dataclass(frozen=True, slots=True)
class OlderFile:
    """The path of a sound rule file of this host that is not in force, for its campaign runs on another version that
    came later: this one was loaded first ``since`` (UTC)."""

    file: str
    campaign: str
    hash: str
    since: datetime


@dataclass(frozen=True)
class Changes:
    """What a look at the rules folder brought. ``gone`` are campaigns in force that no file there is about, ``older``
    files that other processes' versions go before (see `gateway.activating`)."""

    books: tuple[Rulebook, ...]
    diagnostics: tuple[Diagnostic, ...]
    gone: frozenset[str] = frozenset()
    broken: tuple[BrokenFile, ...] = ()
    older: tuple[OlderFile, ...] = ()

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
    `let_go`.

    One process alone says itself what is in force; for one of several there are `gateway.shared_rulebooks`.
    """

    project: Project
    channels: Mapping[str, Channel]
    active: dict[str, Rulebook] = field(default_factory=dict)
    versions: dict[str, Rulebook] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)  # content hashes, and why
    broken: tuple[BrokenFile, ...] = ()
    gone: frozenset[str] = frozenset()  # campaigns in force that no file of the folder is about any more
    older: tuple[OlderFile, ...] = ()  # files that versions of other processes go before

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
        self.take_up(t, waited_on(t))

    def take_up(self, t: Transaction, hashes: Collection[str]) -> bool:
        """Have these versions at hand, too; one that can't be read is looked for once. Whether any was not before."""
        unknown = sorted(set(hashes) - self.versions.keys() - self.unreadable.keys())
        found = [self._stored(t, hash) for hash in unknown]
        return any(found)

    def require(self, t: Transaction, hashes: Collection[str]) -> bool:
        """The same for a batch that is decided with them. Raises `CannotFollow`."""
        return self.take_up(t, hashes)

    def as_of(self, t: Transaction, campaigns: Sequence[Row]) -> "Rulebooks":
        """Those by which a batch is decided, from its first event to its last. ``campaigns`` are rows that its
        transaction reads once whoever decided there before has ended. Raises `CannotFollow`."""
        return self

    def hindrance(self) -> str:
        """Why this process decides nothing; "" where it may. Asks nobody."""
        return ""

    def hindered(self, t: Transaction) -> bool:
        """Whether others may have what this process lacks, by what is in force just now."""
        return False

    def let_go(self, t: Transaction) -> None:
        """Keep the versions that a restart would take up, and no others: many edits must not fill the memory. For a
        transaction that writes, beside which nothing is decided."""
        needed = {*waited_on(t), *(book.hash for book in self.active.values())}
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
        loaded = load_rulebook(row["text"], row["file"], self.project) if row else None
        if loaded is None or loaded.rulebook is None:
            log.error("rule_version_unreadable", hash=hash)
            why = first_mistake(loaded.diagnostics) if loaded else NOT_KEPT
            of = f" of {row['campaign']}" if row else ""
            self.unreadable[hash] = f"version {hash[:SHOWN_HASH]} of the rule file{of} cannot be loaded here: {why}"
            return None
        return self.versions.setdefault(hash, loaded.rulebook)

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


def versions_of(campaigns: Iterable[Row]) -> set[str]:
    """The content hashes of what these campaigns (rows) run on."""
    return {row["rules"] for row in campaigns} - {""}


def waited_on(t: Transaction) -> set[str]:
    """The content hashes of what open talks and runs began with."""
    return {*t.communications.open_versions(), *t.runs.versions()}


def first_mistake(found: Iterable[Diagnostic]) -> str:
    return next((one.message for one in found if one.level == "error"), "")


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
        t.version_doubts.answer([book.hash])
