"""The texts that the cells of a workbook share, read as far as a row refers to them.

A spreadsheet numbers them as they come up, so that the beginning of a list needs the beginning of its texts.
"""

import sys
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, iterparse

from gateway.sheets.archive import LESS
from gateway.sheets.refused import SheetRefused

MAX_HELD_BYTES = 150_000_000  # of memory, for all texts: one wide character makes a text four times as big
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPED = "x005F_"  # how an underscore is written before what would be taken for an escape


class SharedTexts:
    """Gives a text by its number. Raises IndexError where there is no such text, and `SheetRefused`."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._coming = texts
        self._texts: list[str] = []
        self._held = 0

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        while number >= len(self._texts) and (text := next(self._coming, None)) is not None:
            self._keep(text)
        return self._texts[number]

    def _keep(self, text: str) -> None:
        self._texts.append(text)
        self._held += sys.getsizeof(text)
        if self._held > MAX_HELD_BYTES:
            raise SheetRefused(f"the texts of the workbook take more than {MAX_HELD_BYTES} bytes; {LESS}")


def texts_in(part: IO[bytes]) -> Iterator[str]:
    """The texts of a part that has passed the archive's guard; none of one that is no table of texts."""
    events = iterparse(part, ("start", "end"))  # noqa: S314  the guard lets no entity be declared
    root = next(events)[1]
    if root.tag != f"{MAIN}sst":
        return
    for event, node in events:
        if event == "end" and node.tag == f"{MAIN}si":
            yield _text(node)
            root.clear()


def _text(node: Element) -> str:
    """Plain, or in runs that look different; how it is pronounced, which may stand beside it, is none of it."""
    parts = [*node.iterfind(f"{MAIN}t"), *node.iterfind(f"{MAIN}r/{MAIN}t")]
    return "".join(part.text or "" for part in parts).replace(_ESCAPED, "")
