"""One export: which rows of a campaign, and as what."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from gateway.api.endpoints import Given, Told
from gateway.exports.formats import MARK, Format, csv_lines, json_lines
from rules.book import Rulebook
from storage.listing.pages import Key, Page
from storage.transaction import Transaction
from storage.values import Row

Cells = Sequence[object]


@dataclass(frozen=True, kw_only=True)
class Noun:
    """What can be exported. ``filter`` are the filters that it knows, ``limit`` how many rows are read at once.

    ``page`` reads rows of a campaign after a key. ``told`` is what is said of them in JSON; ``columns`` and ``cells``
    the same as a table.
    """

    name: str
    filter: type[Given]
    limit: int
    page: Callable[[Transaction, Rulebook, Any, Key | None, int], Page]
    told: Callable[[Transaction, Rulebook, Sequence[Row]], Sequence[BaseModel]]
    columns: Callable[[Rulebook], Sequence[str]]
    cells: Callable[[Transaction, Rulebook, Sequence[Row]], Sequence[Cells]]


@dataclass(frozen=True, kw_only=True)
class Export:
    """The rows of ``noun`` that pass ``filter``, as a file."""

    noun: Noun
    book: Rulebook
    filter: Given
    format: Format

    @property
    def head(self) -> bytes:
        """What the file begins with."""
        if self.format is Format.JSONL:
            return b""
        return MARK.encode() + csv_lines([self.noun.columns(self.book)])

    def page(self, t: Transaction, after: Key | None) -> tuple[Sequence[Any], Key | None]:
        """What the next lines are about, and the key after which those after them begin; None at the end."""
        page = self.noun.page(t, self.book, self.filter, after, self.noun.limit)
        read = self.noun.cells if self.format is Format.CSV else self.noun.told
        return read(t, self.book, page.rows), page.next

    def lines(self, found: Sequence[Any]) -> bytes:
        """What `page` found, written."""
        return csv_lines(found) if self.format is Format.CSV else json_lines(found)

    def pieces(self, reading: Callable[[], AbstractContextManager[Transaction]]) -> Iterator[tuple[bytes, int]]:
        """The file piece by piece, with how many rows are in each; one transaction of ``reading`` for each."""
        head, after = self.head, None
        while True:
            with reading() as t:
                found, after = self.page(t, after)
            yield head + self.lines(found), len(found)
            if after is None:
                return
            head = b""


def as_cells(model: type[Told], told: Sequence[BaseModel]) -> list[Cells]:
    """Rows of a table that has a column for each property of the model."""
    return [[getattr(one, name) for name in model.model_fields] for one in told]
