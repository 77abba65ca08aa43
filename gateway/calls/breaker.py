"""A circuit breaker: a service that fails again and again is left alone for a while, then tried with one call."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.restraint import at_most
from storage.values import Row

FAILURES_IN_A_ROW = 5
PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Breaker:
    """A value: each step returns the next one. Times are UTC.

    Closed (``until`` is None) everything passes. Open, nothing passes before ``until``; from then on one call at a time
    may try (``probing``): if that works the breaker is closed again, else it is open for another pause. All but who
    tries outlives the process that found it out (`kept` and `taken`): whoever goes on may try.
    """

    failures: int = 0
    until: datetime | None = None
    probing: bool = False

    def opens_at(self, now: datetime) -> datetime:
        """When a call may pass, as far as time goes: ``now``, or later."""
        return max(now, self.until) if self.until else now

    def room(self, now: datetime, most: int) -> int:
        """How many calls may pass now, at most ``most``."""
        if self.until is None:
            return most
        return 0 if self.probing or now < self.until else min(1, most)

    def begun(self) -> "Breaker":
        """A call passes."""
        return replace(self, probing=self.until is not None)

    def cut_off(self) -> "Breaker":
        """Whatever was begun was broken off by us, which tells nothing of the service: another call may try."""
        return replace(self, probing=False)

    def worked(self) -> "Breaker":
        """The service answered, with whatever answer: all is well."""
        return Breaker()

    def failed(self, now: datetime) -> "Breaker":
        """The service did not answer, or could not."""
        failures = self.failures + 1
        if failures < FAILURES_IN_A_ROW:
            return replace(self, failures=failures)
        if self.until and now < self.until:  # begun before it opened: that tells nothing new
            return replace(self, failures=failures)
        return Breaker(failures, now + PAUSE)

    def kept(self, next_at: datetime | None = None) -> Row:
        """What whoever goes on has to know, beside that the pace lets no call go before ``next_at``."""
        return {"failures": self.failures, "until": self.until, "next_at": next_at}

    @classmethod
    def taken(cls, row: Row, now: datetime) -> "Breaker":
        """Go on from what was kept. Who kept it may have had another clock: it is open for a pause at most."""
        return cls(row["failures"], at_most(row["until"], now + PAUSE))
