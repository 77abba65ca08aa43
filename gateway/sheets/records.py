"""Records of a CSV file: its cells, row by row, whatever its quotes.

A quote that is opened and never closed would take the rest of the file for one cell. Here it costs its own row: what
was read beyond the line it opened on is kept, within bounds, and read again from the next line.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from gateway.sheets.lines import Block
from gateway.sheets.refused import SheetRefused

if TYPE_CHECKING:
    import _csv

MAX_RECORD = 300_000  # characters of one row, which its quotes may spread over many lines
MAX_CELL = 131_072  # characters: `csv.field_size_limit`, unless another library of the process has changed it
MAX_READ_AGAIN = 50_000_000  # characters and lines of a file, before it is refused as a whole: about a second


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that can't be read: the lines as they are in the file, and a sentence saying why and where."""

    text: str
    reason: str


Record = list[str] | Broken
"""The cells of a row ([] for a blank one)."""


class _RecordTooLong(csv.Error):
    """The record has more than `MAX_RECORD` characters and goes on."""


class Records:
    """The records of these lines, in order; iterate once. Lines count from ``first``."""

    def __init__(self, blocks: Iterable[Block], delimiter: str, first: int = 1) -> None:
        self._blocks = iter(blocks)
        self._delimiter = delimiter
        self._begun = first  # the line on which the record begins that is being read
        self._kept: list[Block] = []  # what was read of the file since then
        self._first_kept = first
        self._read_again = 0
        self._readable = _readable(delimiter)

    def __iter__(self) -> Iterator[Record]:
        """Raises `SheetRefused` after `MAX_READ_AGAIN`, and what the blocks raise."""
        base, reader = self._begun - 1, self._reader(())
        while True:
            try:
                for record in reader:
                    self._begun = base + reader.line_num + 1
                    yield record if record and (record[0].strip() or "".join(record).strip()) else []
                return
            except csv.Error as error:
                last = base + reader.line_num
                broken, self._begun = self._broken(last, error)
                yield broken
                if self._begun <= last or isinstance(error, _RecordTooLong):
                    base, reader = self._begun - 1, self._reader(self._lines(self._begun))

    def _reader(self, again: Iterable[str]) -> "_csv.Reader":
        lines = chain(again, chain.from_iterable(self._supply()))
        return csv.reader(lines, delimiter=self._delimiter, strict=True)

    def _supply(self) -> Iterator[Block]:
        while True:
            while self._kept and self._first_kept + len(self._kept[0]) <= self._begun:
                self._first_kept += len(self._kept.pop(0))
            if sum(map(len, self._lines(self._begun))) > MAX_RECORD:
                raise _RecordTooLong
            block = next(self._blocks, None)
            if block is None:
                return
            self._kept.append(block)
            yield block

    def _lines(self, number: int) -> list[str]:
        """The kept lines from this one on."""
        skipped, lines = number - self._first_kept, []
        for block in self._kept:
            lines += block[skipped:] if skipped < len(block) else []
            skipped = max(0, skipped - len(block))
        return lines

    def _broken(self, last: int, error: csv.Error) -> tuple[Broken, int]:
        """What is wrong with the record that ``error`` broke off on line ``last``, and the line to go on from."""
        lines = self._lines(self._begun)[: last + 1 - self._begun]
        text = "".join(lines)
        found = None if isinstance(error, _RecordTooLong) else self._readable.match(text)
        opened = min(last, self._begun + _line_ends(text[: found.end()] if found else ""))
        if opened < last:
            self._count(opened, len(text) + sum(map(len, self._kept)))
        kept = "".join(lines[: opened + 1 - self._begun]).rstrip("\r\n")
        return Broken(kept, f"line {opened}: {_reason(opened, last, error)}"), opened + 1

    def _count(self, line: int, work: int) -> None:
        """To read again takes ``work``, in characters and lines."""
        self._read_again += work
        if self._read_again > MAX_READ_AGAIN:
            reason = f"line {line}: here, as in many lines before, a quote opens a cell and is not closed"
            raise SheetRefused(f"{reason}; save the list again, as “CSV UTF-8”", line=line)


def _reason(opened: int, last: int, error: csv.Error) -> str:
    if opened < last or "end of data" in str(error):
        return "a quote opens a cell and is not closed"
    if "field larger" in str(error):
        return f"a cell is longer than {MAX_CELL} characters"
    return "a quote stands inside a cell; write it twice there, and quotes around the cell"


def _line_ends(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))


def _readable(delimiter: str) -> re.Pattern[str]:
    """Cells that can be read, from the beginning of a row on, each with what ends it."""
    end = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]++|"")*+"|[^"\r\n{end}][^\r\n{end}]*+)?+'
    return re.compile(rf"(?:{cell}(?:{end}|\r\n?|\n))*+")
