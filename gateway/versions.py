"""Versions of rule files that are to be compared, or tried: from files, and from what the database keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from rules.book import Rulebook
from rules.difference import Edition, edition
from rules.loader import Loaded, Project, load_folder, load_rulebook
from storage.transaction import Transaction
from storage.values import Row

SHOWN_HASH = 12  # characters of a content hash that tell versions apart


class Unreadable(ValueError):
    """A version can't be loaded in this project; says which, and why."""


@dataclass(frozen=True)
class Version:
    """One version of a rule file. ``since`` is when it was first in force (UTC), None for a file that is not kept."""

    edition: Edition
    since: datetime | None = None

    @property
    def book(self) -> Rulebook:
        return self.edition.book

    @property
    def told(self) -> str:
        """The file, or the version that is kept: `version 81e2b6c0a954 of 2027-03-01 08:00 UTC`."""
        if self.since is None:
            return self.book.file
        return f"version {self.book.hash[:SHOWN_HASH]} of {self.since:%Y-%m-%d %H:%M} UTC"


def version_of_file(text: bytes, file: str, project: Project) -> Version:
    """Raises `Unreadable`."""
    return Version(_edition(load_rulebook(text, file, project), text, file))


def version_kept(row: Row, project: Project) -> Version:
    """A version that the database keeps (its row). Raises `Unreadable`."""
    name = f"version {row['hash'][:SHOWN_HASH]} of {row['campaign']}"
    found = load_rulebook(row["text"], row["file"], project)
    return Version(_edition(found, row["text"], name), row["loaded_at"])


def _edition(loaded: Loaded, text: str | bytes, name: str) -> Edition:
    if loaded.rulebook is None:
        first = next(found for found in loaded.diagnostics if found.level == "error")
        raise Unreadable(f"{name} can't be loaded: {first}")
    return edition(loaded.rulebook, text)


def versions_of_folder(texts: Mapping[str, bytes], project: Project) -> dict[str, Version]:
    """The versions that the files hold, by campaign. Raises `Unreadable` where one of them has a mistake."""
    loaded = load_folder(texts, project)
    if wrong := next((found for found in loaded.diagnostics if found.level == "error"), None):
        raise Unreadable(f"{wrong} (run `pointsman check`)")
    return {name: Version(edition(book, texts[book.file])) for name, book in loaded.rulebooks.items()}


def in_force(t: Transaction, campaign: str) -> Row | None:
    """The version (its row) that the campaign runs on; None where there is none."""
    found = t.campaigns.get(campaign)
    return t.campaigns.version(found["rules"]) if found and found["rules"] else None


class Pair(NamedTuple):
    """Two versions of a campaign's rule file that are compared; None for one that there is not."""

    campaign: str
    old: Version | None
    new: Version | None


def pairs_of(t: Transaction, new: Mapping[str, Version], project: Project) -> list[Pair]:
    """What is in force beside these versions by campaign: all campaigns that are in either. Raises `Unreadable`."""
    rows = {row["name"]: in_force(t, row["name"]) for row in t.campaigns.all()}
    old = {name: version_kept(row, project) for name, row in rows.items() if row}
    return [Pair(name, old.get(name), new.get(name)) for name in dict.fromkeys((*new, *old))]
