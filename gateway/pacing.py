"""The pace of a campaign: how many communications may begin per minute. Pure.

All that is kept is one moment, the first at which one more may begin. Each one that begins moves it on by its share of
a minute; a moment long past counts as one second ago, so that nothing is made up for in a rush.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
MOST_WAKES = 300  # per minute: at a higher pace several begin at once


@dataclass(frozen=True, slots=True)
class Pace:
    """So many per minute; ``until`` (UTC) is the first moment at which one more may begin, None: never asked."""

    per_minute: int
    until: datetime | None = None

    @property
    def share(self) -> timedelta:
        """The time that lies between two, on average."""
        return MINUTE / self.per_minute

    @property
    def burst(self) -> int:
        """How many may begin at once after a time in which none did: a second's worth."""
        return max(1, self.per_minute // 60)

    def room(self, now: datetime) -> int:
        """How many may begin now."""
        first = self._first(now)
        return 0 if first > now else min(self.burst, (now - first) // self.share + 1)

    def after(self, begun: int, now: datetime) -> datetime:
        """What ``until`` is once so many have begun now."""
        return self._first(now) + begun * self.share

    def before(self, spared: int) -> datetime | None:
        """What ``until`` is where so many of those that were counted have not begun after all."""
        return self.until - spared * self.share if self.until else None

    def opens_at(self) -> datetime | None:
        """When it is worth asking for room: at a high pace, when there is room for several. None: at any time."""
        together = -(-self.per_minute // MOST_WAKES)
        return self.until + (together - 1) * self.share if self.until else None

    def _first(self, now: datetime) -> datetime:
        earliest = now - (self.burst - 1) * self.share
        return max(self.until, earliest) if self.until else earliest
