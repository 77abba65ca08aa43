"""Webhooks that would wait for longer than their provider does are refused at once: 503, before their body is read.

A queue that grows helps nobody. Slack gives up after 3 seconds and comes again, Twilio after 15; what was answered too
late was done in vain, and comes a second time. So who can't be answered in time is told so at once, which costs little,
and those who were let in are answered in time.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.seldom import Seldom

WEBHOOKS_AT_ONCE = 2_000  # webhooks that are verified and kept at once
AT_EASE = 100  # so many at once are always let in, however slow we are: refusing them would gain nothing
EXPECTED_WAIT = 0.5  # seconds that a webhook may be expected to wait until it is kept
LONGEST_WAIT = 2.5  # seconds that the oldest may have waited: past the 2 seconds that the database has, below Slack's 3
FIRST_GUESS = 1_000.0  # webhooks kept a second, until it was counted
WINDOW = 0.5  # seconds over which it is counted how many are kept
WINDOWS = 10  # that count, the last ones


@dataclass
class Pace:
    """How many are kept a second, as counted over the last `WINDOWS` in which there was enough to do: a leisurely pace
    says nothing of what we can do, and while nothing is kept at all the database is away, which the spool is for."""

    _windows: deque[float] = field(default_factory=lambda: deque([FIRST_GUESS], WINDOWS))
    _since: float = 0.0  # when this window began, in seconds on the loop's clock
    _done: int = 0
    _busy: bool = False  # when it began

    @property
    def a_second(self) -> float:
        """On average."""
        return sum(self._windows) / len(self._windows)

    def count(self) -> None:
        """One more is done."""
        self._done += 1

    def look(self, now: float, busy: bool) -> None:
        """End the window, if it is over, and begin the next one."""
        if now - self._since < WINDOW:
            return
        if self._busy and busy and self._done:
            self._windows.append(self._done / (now - self._since))
        self._since, self._done, self._busy = now, 0, busy


@dataclass
class Crowd:
    """All webhooks that are being verified and kept. Lives in one event loop. ``on_shed`` hears of each one refused.

    Where nothing gets kept at all, the database is away: nobody is refused until the spool has had its chance.
    """

    limit: int = WEBHOOKS_AT_ONCE
    on_shed: Callable[[], None] = lambda: None
    _inside: OrderedDict["Inside", float] = field(default_factory=OrderedDict)  # since when, oldest first
    _pace: Pace = field(default_factory=Pace)
    _shed: Seldom = field(default_factory=lambda: Seldom("webhooks_shed"))

    def refusal(self) -> str:
        """Why nobody else is let in now; "" if somebody is."""
        number, now = len(self._inside), asyncio.get_running_loop().time()
        self._pace.look(now, number >= AT_EASE)
        if number < AT_EASE:
            return ""
        if number >= self.limit:
            return f"{number} webhooks are being kept, of at most {self.limit} at once"
        return self._slowness(number, now)

    def shed(self, reason: str) -> None:
        """One was refused: counted, and told in the log now and then."""
        self.on_shed()
        self._shed.tell(reason=reason)

    def inside(self) -> "Inside":
        """One of them, for as long as a block of it runs."""
        return Inside(self)

    def enter(self, one: "Inside") -> None:
        """From now on it is one of them."""
        self._inside[one] = asyncio.get_running_loop().time()

    def leave(self, one: "Inside") -> None:
        """It is done."""
        del self._inside[one]
        self._pace.count()

    def _slowness(self, number: int, now: float) -> str:
        waited = now - next(iter(self._inside.values()))
        if waited > LONGEST_WAIT:
            return f"the oldest of {number} webhooks waits to be kept for {waited:.1f} seconds, past {LONGEST_WAIT:g}"
        if number > self._pace.a_second * EXPECTED_WAIT:
            pace = f"{self._pace.a_second:.0f} are kept a second"
            return f"{number} webhooks are being kept, and {pace}: more would wait longer than {EXPECTED_WAIT:g} s"
        return ""


@dataclass(eq=False, slots=True)
class Inside:
    """A webhook that is being verified and kept, for as long as the block runs. (A generator would take three times as
    long.)"""

    crowd: Crowd

    def __enter__(self) -> None:
        self.crowd.enter(self)

    def __exit__(self, *error: object) -> None:
        self.crowd.leave(self)
