"""Which character parts the cells: what the file says itself (`sep=;`, as Excel has it), or what makes most sense."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from gateway.intake import shown
from gateway.sheets.lines import Block
from gateway.sheets.reading import DELIMITERS
from gateway.sheets.records import Broken, Record, Records
from gateway.sheets.refused import SheetRefused

LOOKED_AT = 50  # rows
_SAID = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


def said_delimiter(line: str) -> str:
    """The delimiter that a first line such as `sep=;` says, "" where it is no such line. Raises `SheetRefused`."""
    found = _SAID.fullmatch(line.rstrip("\r\n"))
    if found and found.group(1) not in DELIMITERS:
        raise SheetRefused(
            f'line 1: it says that "{shown(found.group(1))}" parts the cells; '
            f"only {', '.join(DELIMITERS.values())} are read",
            line=1,
        )
    return found.group(1) if found else ""


def find_delimiter(block: Block, known: Collection[str]) -> str:
    """The delimiter by which the header names most columns that are ``known``; then the one by which most rows have
    as many cells as the header; then the one that parts most cells."""
    folded = {name.casefold() for name in known}
    return max(DELIMITERS, key=lambda delimiter: _sense(block, delimiter, folded))


def _sense(block: Block, delimiter: str, known: Collection[str]) -> tuple[int, float, int]:
    records = [record for record in islice(_records(block, delimiter), LOOKED_AT) if record]
    if not records or isinstance(records[0], Broken):
        return (0, 0.0, 0)
    header, rows = records[0], records[1:]
    named = sum(cell.strip().casefold() in known for cell in header)
    return (named, _agreement(len(header), rows), len(header))


def _records(block: Block, delimiter: str) -> Iterable[Record]:
    return Records([block], delimiter)


def _agreement(width: int, rows: Sequence[Record]) -> float:
    """Which part of the rows has as many cells as the header, where there is more than one."""
    if width < 2 or not rows:
        return 0.0
    return sum(not isinstance(row, Broken) and len(row) == width for row in rows) / len(rows)
