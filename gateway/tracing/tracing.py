"""What the parts of the gateway tell of their work where somebody collects traces; nothing where nobody does."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.decided import Decided
from gateway.patience import Outcome
from gateway.tracing import spans
from gateway.tracing.spans import Span
from storage.values import NewEvent, Owed, WaitingEvent


async def nothing_to_close() -> None:
    """Nobody collects traces."""


@dataclass(eq=False)
class Tracing:
    """``record`` takes each span at once and without waiting, None where nobody wants them; ``close`` gives away what
    is left, in seconds."""

    record: Callable[[Span], None] | None = None
    close: Callable[[], Awaitable[None]] = nothing_to_close
    took: float = 0.0  # seconds, for the batch that was committed last and is not told yet

    def received(self, event: NewEvent, seconds: float) -> None:
        """An event from outside is on disk, so many seconds after it came."""
        if self.record is not None:
            self.record(spans.received(event, seconds))

    def read(self, event: WaitingEvent, found: Sequence[NewEvent]) -> None:
        """A request that was kept whole was read, and says these."""
        if self.record is not None:
            for span in spans.read(event, found):
                self.record(span)

    def batch(self, seconds: float) -> None:
        """The batch that is told next took so long."""
        if self.record is not None:
            self.took = seconds

    def decided(self, batch: Sequence[Decided], now: datetime) -> None:
        """These events are decided, and what follows is on disk."""
        if self.record is not None:
            for one in batch:
                for span in spans.decided(one, self.took, now):
                    self.record(span)
            self.took = 0.0

    def sent(self, owed: Owed, outcome: Outcome, seconds: float) -> None:
        """A message was given to its provider, or was not."""
        if self.record is not None:
            self.record(spans.sent(owed, outcome, seconds))


OFF = Tracing()
