"""Which ways of their campaigns scenarios walk, all stories together."""

from collections import Counter
from collections.abc import Iterable, Sequence

from gateway.coverage import FlowCoverage, coverage, inputs_for, ways_walked
from gateway.scenarios.playing import Told
from gateway.scenarios.values import START
from rules.book import Rulebook
from rules.inputs import Input
from rules.ways import Way

Covered = Sequence[tuple[Rulebook, tuple[FlowCoverage, ...]]]


def covered(stories: Sequence[Told]) -> Covered:
    """The coverage of each campaign, flow by flow. Versions of a rule file count each for itself, and are told that
    are in force at the end of a story."""
    books = {book.hash: book for told in stories for book in told.books.values()}
    return [(book, coverage(book, _walked(book, stories))) for book in books.values()]


def _walked(book: Rulebook, stories: Iterable[Told]) -> Counter[Way]:
    theirs = (told.decisions for told in stories if book.campaign in told.books)
    return sum((ways_walked(book, decisions) for decisions in theirs), Counter())


def inputs(found: Covered) -> dict[Way, Input]:
    """What would lead to the ways that nobody went, where that was found (see `rules.inputs`)."""
    return {way: led for book, flows in found for way, led in inputs_for(book, flows, START).items()}
