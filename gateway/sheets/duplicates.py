"""Rows of one list that are about the same person, counted in bounded memory."""

from array import array
from dataclasses import dataclass, field

from gateway.intake import Given

SLOTS = 1 << 21  # of 8 bytes each


@dataclass
class Duplicates:
    """Knows the identifiers of the rows it has seen, as far as 16 MB go.

    Each row leaves a hash in one of `SLOTS` places, over whatever was there: a row that repeats an earlier one may go
    unnoticed (in a list of 100,000 rows one in fifty, in one of a million one in five), but none is called a repetition
    that is not.
    """

    _hashes: "array[int]" = field(default_factory=lambda: array("q", bytes(8 * SLOTS)), repr=False)

    def seen(self, given: Given) -> bool:
        """Whether an earlier row had exactly the identifiers of this one."""
        mark = hash(tuple(given.identifiers.items())) or 1
        place = mark & (SLOTS - 1)
        if self._hashes[place] == mark:
            return True
        self._hashes[place] = mark
        return False
