"""Which of a host's rule files come into force where several processes share a database, and how: one after the other.

A file comes into force where it is news: its content changed while this process ran, nobody ever loaded it, its
campaign has nothing in force, or an operator asks for it by name. Any other copy that differs from what is in force is
older: another process has put something later in force, and a host that was left behind must not bring that back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.rulebooks import Changes, OlderFile, Texts
from gateway.watching import Tell
from rules.book import Rulebook
from storage.transaction import Transaction

Hashes = Mapping[str, str]


class Overtaken(Exception):
    """Another process has put something else in force since we looked. Nothing was done: look again."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a process knew as it read its folder: ``in_force`` are the content hashes of the campaigns' versions by the
    database, ``had`` those of the files when it looked before; ``asked`` is the campaign that is asked for, or ""."""

    in_force: Hashes
    had: Hashes
    asked: str = ""

    def sorted_out(self, t: Transaction, changes: Changes) -> Changes:
        """The same with only those books that are news; the others are told as older."""
        since = t.campaigns.known_versions([book.hash for book in changes.books])
        older = {book.hash: since[book.hash] for book in changes.books if not self._is_news(book, since)}
        left = (OlderFile(b.file, b.campaign, b.hash, older[b.hash]) for b in changes.books if b.hash in older)
        return replace(changes, books=tuple(b for b in changes.books if b.hash not in older), older=tuple(left))

    def _is_news(self, book: Rulebook, since: Mapping[str, datetime]) -> bool:
        changed = self.had.get(book.file, book.hash) != book.hash
        is_first = not self.in_force.get(book.campaign)
        return changed or is_first or book.hash not in since or book.campaign == self.asked

    def activate(self, t: Transaction, changes: Changes, texts: Texts, now: datetime, tell: Tell) -> None:
        """What is news is kept and comes into force, and `tell` is told of it. Raises `Overtaken`."""
        for book in sorted(changes.books, key=lambda book: book.campaign):  # the order in which all lock these rows
            t.campaigns.ensure(book.campaign)
            if not t.campaigns.replace_version(book.campaign, self.in_force.get(book.campaign, ""), book.hash):
                raise Overtaken
            t.campaigns.keep_version(book.hash, book.campaign, book.file, texts[book.file].decode(), now)
            t.version_doubts.answer([book.hash])
        tell(t, changes)
