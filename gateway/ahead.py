"""Messages that are claimed ahead of free slots, so that none of these waits for the database."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

from storage.values import Owed

AHEAD_SECONDS = 0.1  # for how long, at the latest pace, messages are claimed ahead
PACE_SECONDS = 0.25  # of how long that is the pace: a longer one is long behind where messages begin to flow
MOST_AHEAD = 200  # messages claimed ahead: so many more are looked up after a crash
LONGEST_AHEAD = 1.0  # seconds after which what was claimed ahead is given back: a STOP may have come meanwhile


@dataclass
class Ahead:
    """What was claimed and is not begun yet, oldest first, and how quickly messages come to their end."""

    _claims: deque[tuple[float, Owed]] = field(default_factory=deque)  # when, on the monotonic clock, in seconds
    _ends: deque[float] = field(default_factory=deque)  # those that the pace is of, on that clock

    def __len__(self) -> int:
        return len(self._claims)

    def __iter__(self) -> Iterator[Owed]:
        return (owed for _, owed in self._claims)

    def add(self, claimed: Sequence[Owed], begun: float) -> None:
        """These were claimed, not before ``begun``."""
        self._claims.extend((begun, owed) for owed in claimed)

    def next(self) -> Owed:
        """The one that is begun now."""
        return self._claims.popleft()[1]

    def take_back(self) -> list[Owed]:
        """All of them: none is begun."""
        back = [*self]
        self._claims.clear()
        return back

    def ended(self) -> None:
        """One more message has come to its end."""
        self._ends.append(monotonic())

    @property
    def wanted(self) -> int:
        """How many are surely begun in a moment."""
        since = monotonic() - PACE_SECONDS
        while self._ends and self._ends[0] < since:
            self._ends.popleft()
        return min(int(len(self._ends) * AHEAD_SECONDS / PACE_SECONDS), MOST_AHEAD)

    @property
    def suffices(self) -> bool:
        """Whether no slot will be free before others are claimed."""
        return len(self) > self.wanted // 2

    @property
    def is_late(self) -> bool:
        """Whether one has waited so long that what was known at its claim may not be true any more."""
        return bool(self._claims) and monotonic() - self._claims[0][0] > LONGEST_AHEAD
