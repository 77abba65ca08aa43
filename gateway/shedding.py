"""Webhooks that would wait for longer than their provider does are refused at once: 503, before their body is read.

A queue that grows helps nobody. Slack gives up after 3 seconds and comes again, Twilio after 15; what was answered too
late was done in vain, and comes a second time. So who can't be answered in time is told so at once, which costs little,
and those who were let in are answered in time.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.seldom import Seldom

WEBHOOKS_AT_ONCE = 2_000  # webhooks that are verified and kept at once
AT_EASE = 100  # so many at once are always let in, however slow we are: refusing them would gain nothing
EXPECTED_WAIT = 1.0  # seconds that a webhook may be expected to wait until it is kept
LONGEST_WAIT = 2.5  # seconds that the oldest may have waited: past the 2 seconds that the database has, below Slack's 3
WINDOW = 0.5  # seconds over which it is counted how many are kept


@dataclass
class Pace:
    """How many are kept a second, counted while there is enough to do: what comes in at leisure says nothing of that."""

    since: float  # seconds, on the loop's clock
    done: int = 0
    a_second: float = 0.0  # 0: not known, or nothing gets done at all

    def look(self, now: float) -> None:
        """Begin a new window, if this one is over."""
        if now - self.since >= WINDOW:
            self.a_second = self.done / (now - self.since)
            self.since, self.done = now, 0


@dataclass
class Crowd:
    """All webhooks that are being verified and kept. Lives in one event loop. ``on_shed`` hears of each one refused.

    Where nothing gets kept at all, the database is away: nobody is refused until the spool has had its chance.
    """

    limit: int = WEBHOOKS_AT_ONCE
    on_shed: Callable[[], None] = lambda: None
    _inside: dict[object, float] = field(default_factory=dict)  # since when, oldest first
    _pace: Pace | None = None  # while there are enough of them
    _shed: Seldom = field(default_factory=lambda: Seldom("webhooks_shed"))

    def refusal(self) -> str:
        """Why nobody else is let in now; "" if somebody is."""
        number = len(self._inside)
        if number < AT_EASE:
            return ""
        if number >= self.limit:
            return f"{number} webhooks are being kept, of at most {self.limit} at once"
        return self._slowness(number, asyncio.get_running_loop().time())

    def shed(self, reason: str) -> None:
        """One was refused: counted, and told in the log now and then."""
        self.on_shed()
        self._shed.tell(reason=reason)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """One of them, for as long as the block runs."""
        one, now = object(), asyncio.get_running_loop().time()
        self._inside[one] = now
        if self._pace is None and len(self._inside) >= AT_EASE:
            self._pace = Pace(now)
        try:
            yield
        finally:
            del self._inside[one]
            self._one_less()

    def _one_less(self) -> None:
        if len(self._inside) < AT_EASE:
            self._pace = None
        elif self._pace:
            self._pace.done += 1

    def _slowness(self, number: int, now: float) -> str:
        waited = now - next(iter(self._inside.values()))
        if waited > LONGEST_WAIT:
            return f"the oldest of {number} webhooks waits to be kept for {waited:.1f} seconds, past {LONGEST_WAIT:g}"
        if not self._pace:
            return ""
        self._pace.look(now)
        if number > self._pace.a_second * EXPECTED_WAIT > 0:
            pace = f"{self._pace.a_second:.0f} are kept a second"
            return f"{number} webhooks are being kept, and {pace}: more would wait longer than {EXPECTED_WAIT:g} s"
        return ""
