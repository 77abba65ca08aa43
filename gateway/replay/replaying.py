"""Decides recorded events again, with other rule files, each on the scene as it was then."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from gateway.explaining import reaction_log
from gateway.recorded import Recorded, Stretch, Versions, pages
from gateway.replay.answers import is_same
from gateway.replay.cases import Case, Example, Found, Otherwise
from gateway.replay.finding import Differing, differing, effects_more
from gateway.replay.tally import Tally
from gateway.versions import Unreadable, Version, version_kept
from rules.book import Rulebook
from rules.calling import shortened
from rules.difference import Difference, difference
from rules.difference.causes import Causes
from rules.react import react
from rules.reaction import LoopFound, Reaction
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import Row

T = TypeVar("T")

PAGE = 200  # decisions read at once
NO_FILE = "there is no rule file of it among those given"
LOST = "the version {} of its rule file, on which something was under way, can't be loaded any more"
UNKNOWN = "the version {} of its rule file that decided can't be loaded any more, and it would be otherwise"
CODE = "with the same rule file this version of Pointsman decides otherwise: what has changed is not the rules alone"
FAILS = "with these rule files it can't be decided: {}"
SHOWN_HASH = 12

NONE = Difference()


class CannotReplay(Exception):
    """A decision can't be made again; says why."""


@dataclass
class Replay:
    """Decides again with the rule files ``new`` (by campaign), for one thread. ``storage`` is only read."""

    storage: Storage
    versions: Versions
    new: Mapping[str, Version]
    examples: int
    _books: dict[str, Rulebook | None] = field(default_factory=dict)
    _causes: dict[tuple[str, str], Causes | None] = field(default_factory=dict)

    def run(self, wanted: Stretch, on_page: Callable[[int], None] = lambda decisions: None) -> Tally:
        """All decisions of the stretch; ``on_page`` is told how many each page held. Raises `StorageUnavailable`."""
        tally = Tally(self.examples)
        for page in pages(self.read, wanted, PAGE):
            for one in page:
                self._take(one, tally)
            on_page(len(page))
        return tally

    def _take(self, one: Recorded, tally: Tally) -> None:
        tally.events += one.place == 0
        tally.at(one.now)
        if one.part and not one.campaign:
            tally.elsewhere += 1
            return
        try:
            self._decide(one, tally)
        except CannotReplay as reason:
            tally.left_out[one.campaign, str(reason)] += 1

    def _decide(self, one: Recorded, tally: Tally) -> None:
        """Raises `CannotReplay`."""
        if not one.is_whole:
            raise CannotReplay(one.why_not)
        if one.campaign not in self.new:
            raise CannotReplay(NO_FILE)
        self._check_versions(one)
        try:
            reaction = self._react(one, self.new[one.campaign].book)
        except LoopFound as loop:
            self.confirm(one)
            self._note(one, tally, [Differing(Case(one.campaign, Otherwise.LOOP, "", "", shortened(str(loop))))], None)
            return
        causes = self._causes_of(one)
        if is_same(one, reaction, causes.difference.renamed if causes else {}):
            tally.same[one.campaign] += 1
        else:
            self._otherwise(one, reaction, tally)

    def _check_versions(self, one: Recorded) -> None:
        """What was under way stays on its version: without that nobody knows how it would go on."""
        for hash in one.part["given"]["scene"].get("earlier", ()):
            if self._book(hash) is None:
                raise CannotReplay(LOST.format(hash[:SHOWN_HASH]))

    def _react(self, one: Recorded, book: Rulebook) -> Reaction:
        try:
            event, scene = one.given(book, self._book)
            return react(book, event, scene, one.now)
        except LoopFound:
            raise
        except Exception as error:
            raise CannotReplay(FAILS.format(type(error).__name__)) from error

    def _otherwise(self, one: Recorded, reaction: Reaction, tally: Tally) -> None:
        self.confirm(one)
        causes = self._causes_of(one)
        if causes is None:
            raise CannotReplay(UNKNOWN.format(one.rules[:SHOWN_HASH]))
        new = reaction_log(one.campaign, reaction)
        self._note(one, tally, differing(one, new, causes), new)

    def confirm(self, one: Recorded) -> None:
        """Raises `CannotReplay` unless the rule file of then still decides so: else it is not the files that differ."""
        book = self._book(one.rules)
        if book is None:
            raise CannotReplay(UNKNOWN.format(one.rules[:SHOWN_HASH]))
        with suppress(LoopFound):
            if is_same(one, self._react(one, book), {}):
                return
        raise CannotReplay(CODE)

    def _note(self, one: Recorded, tally: Tally, found: list[Differing], new: Row | None) -> None:
        tally.otherwise[one.campaign] += 1
        given = one.part["given"]
        person = given["scene"].get("participant", {}).get("id", "") or given["event"].get("participant", "")
        effects = effects_more(one, new) if new else Counter[str]()
        for case, differs in {each.case: each for each in reversed(found)}.items():
            example = Example(one.number, person, one.customer, differs.saw, differs.was, differs.now)
            own = effects if differs is found[0] else Counter[str]()
            tally.find(case, Found(1, {person or one.customer}, own, [example]))

    def _causes_of(self, one: Recorded) -> Causes | None:
        """What is different from the version that decided; None where that is not to be had."""
        at = (one.campaign, one.rules)
        if at not in self._causes:
            self._causes[at] = self._compared(self.new[one.campaign], one.rules)
        return self._causes[at]

    def _compared(self, new: Version, hash: str) -> Causes | None:
        if hash == new.book.hash:
            return Causes(new.book, new.book, NONE)
        row = self.read(lambda t: t.campaigns.version(hash))
        if row is None:
            return None
        try:
            old = version_kept(row, self.versions.project)
        except Unreadable:
            return None
        return Causes(old.book, new.book, difference(old.edition, new.edition))

    def _book(self, hash: str) -> Rulebook | None:
        if hash not in self._books:
            self._books[hash] = self.read(partial(self.versions.version, hash=hash))
        return self._books[hash]

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` in a reading transaction. Raises `StorageUnavailable`."""
        with self.storage.reading() as t:
            return work(t)
