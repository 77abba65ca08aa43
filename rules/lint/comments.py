"""Comments that silence warnings.

`# lint: ok W305` at the end of a line silences that code for what stands on the line, and for a text that begins there
and goes on below; several codes are written `# lint: ok W305 W307`. What looks like a comment within a text is none.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from rules.diagnostics import CODES
from rules.marks import Marked
from rules.scalars import body

_BEGINS = re.compile(r"(?<!\S)#")
_SILENCES = re.compile(r"\blint:\s*ok\b((?:[ ,]+[A-Za-z]\d+\b)*)")
_CODE = re.compile(r"[A-Za-z]\d+")


@dataclass(frozen=True, slots=True)
class Silence:
    """One code in such a comment; ``start`` and ``end`` are its place among the characters of the file."""

    code: str
    line: int
    start: int
    end: int

    @property
    def known(self) -> bool:
        """Whether there is such a warning."""
        return self.code.startswith("W") and self.code in CODES


def silences(marked: Marked) -> tuple[Silence, ...]:
    """What the comments of a file silence, in file order."""
    return tuple(_found(marked)) if "lint:" in marked.text else ()


def _found(marked: Marked) -> Iterator[Silence]:
    texts, begins = _texts(marked), 0
    for number, line in enumerate(marked.text.splitlines(keepends=True), start=1):
        comment = _comment(line, begins, texts) if "lint:" in line else -1
        if comment >= 0 and (said := _SILENCES.search(line, comment)):
            for code in _CODE.finditer(line, *said.span(1)):
                yield Silence(code.group(), number, begins + code.start(), begins + code.end())
        begins += len(line)


def _comment(line: str, begins: int, texts: list[tuple[int, int]]) -> int:
    """Where the comment of a line begins, which itself begins at a place in the file; -1 where it has none."""
    for found in _BEGINS.finditer(line):
        place = begins + found.start()
        before = bisect_right(texts, (place, len(line) + place))
        if not before or texts[before - 1][1] <= place:
            return found.start()
    return -1


def _texts(marked: Marked) -> list[tuple[int, int]]:
    """From where to where the texts go that may hold a #: those in quotes, and those in lines of their own."""
    scalars = (span for span in (*marked.values.values(), *marked.keys.values()) if span.style)
    return sorted(body(marked.text, span) for span in scalars)
