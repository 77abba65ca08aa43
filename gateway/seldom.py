"""Say what happens a thousand times a second once in a while."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog

TOLD_SECONDS = 10.0  # between two lines about one thing

log = structlog.get_logger()


@dataclass
class Seldom:
    """Logs one event at once, then at most every `TOLD_SECONDS`, with how often it happened since the line before."""

    event: str
    now: Callable[[], float] = monotonic
    _times: int = field(default=0, init=False)
    _next: float = field(default=float("-inf"), init=False)

    def tell(self, **why: Any) -> None:
        """It happened once more."""
        self._times += 1
        if self.now() >= self._next:
            log.warning(self.event, times=self._times, **why)
            self._times, self._next = 0, self.now() + TOLD_SECONDS
