"""One difference, and all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rules.book import Rulebook
from rules.marks import Marked
from rules.values import Position


class Kind(StrEnum):
    """What has become of a part of the file."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"


@dataclass(frozen=True)
class Edition:
    """One version of a rule file: what it means, and where things stand in its text."""

    book: Rulebook
    marked: Marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. ``what`` is the kind of part: campaign, contact, field, channel, agent, flow, node or triggers;
    ``name`` its name, a node's in full (in the new file, unless it is removed), "" for campaign and contact.

    ``key`` is the key in it that differs ("": all of it), ``words`` a clause that follows the name. ``old`` and ``new``
    are where it stands; None in a file that has it not. ``was`` is the former name of what is renamed.
    """

    kind: Kind
    what: str
    name: str
    words: str
    key: str = ""
    old: Position | None = None
    new: Position | None = None
    was: str = ""

    @property
    def subject(self) -> str:
        """What it is about, as in "agent collector"; nodes go by their name alone."""
        return self.name if self.what == "node" else f"{self.what} {self.name}".rstrip()

    @property
    def place(self) -> str:
        """`FILE:LINE:COLUMN` in the new file, or in the old one where only that has it."""
        return str(self.new or self.old)

    def __str__(self) -> str:
        """`FILE:LINE:COLUMN: SUBJECT: WORDS`, and the line in the old file where it stands in both."""
        before = f" (line {self.old.line})" if self.old and self.new else ""
        return f"{self.place}: {self.subject}: {self.words}{before}"


@dataclass(frozen=True)
class Difference:
    """Every difference between two versions, in the order of the new file; what is removed comes last.

    ``renamed`` are the full names of nodes that only have another one, old to new.
    """

    changes: tuple[Change, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.changes)

    @cached_property
    def _by_part(self) -> Mapping[tuple[str, str], tuple[Change, ...]]:
        found: dict[tuple[str, str], list[Change]] = {}
        for change in self.changes:
            for name in dict.fromkeys((change.name, change.was or change.name)):
                found.setdefault((change.what, name), []).append(change)
        return {part: tuple(changes) for part, changes in found.items()}

    def of(self, what: str, name: str = "") -> tuple[Change, ...]:
        """What is different about one part, by its old or its new name."""
        return self._by_part.get((what, name), ())
