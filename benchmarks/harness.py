"""What all benchmarks share: slices that alternate between a baseline and a subject, and what is made of them.

The speed of a shared machine changes within minutes, so a figure alone says little. Each benchmark runs short slices of
a baseline and of the subject in turn, each pair in the other order than the one before; what is reported is the median
and the spread of the pairs' ratios.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

ROUNDS = 7  # pairs of slices that count; one more pair before them warms up and is dropped
RATIO, MICROSECONDS, MILLISECONDS, BYTES = "of baseline", "us", "ms", "bytes"
TIMES = "times as much"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: ``seconds`` a slice takes (about), ``rounds`` pairs of slices, files in ``folder``."""

    folder: Path
    seconds: float = 1.0
    rounds: int = ROUNDS

    def size(self, per_second: int) -> int:
        """How many units fill a slice of work that is done at about this rate; 10 at least."""
        return max(10, int(self.seconds * per_second))


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice did: units of work, seconds, and the seconds each unit took where that was measured."""

    units: int
    seconds: float
    latencies: Sequence[float] = ()

    @property
    def rate(self) -> float:
        """Units per second."""
        return self.units / self.seconds

    @property
    def microseconds(self) -> float:
        """Per unit."""
        return 1e6 * self.seconds / self.units


Run = Callable[[], Slice]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Slices of a baseline and of the subject, pair by pair."""

    baseline: tuple[Slice, ...]
    subject: tuple[Slice, ...]

    @property
    def ratios(self) -> list[float]:
        """The subject's rate as a part of the baseline's: 1 is as fast."""
        return [s.rate / b.rate for b, s in zip(self.baseline, self.subject, strict=True)]

    @property
    def times(self) -> list[float]:
        """How many times as long as the baseline the subject takes for one: 1 is as long."""
        return [1 / ratio for ratio in self.ratios]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the median of ``samples`` (one for each pair) with their spread, and the goal.

    ``unit`` is `RATIO` (more is better), or one of the others (less is better); ``colour`` holds absolute
    figures of this run, good to a factor of two.
    """

    benchmark: str
    case: str
    baseline: str
    unit: str
    samples: Sequence[float]
    goal: float | None = None
    colour: Mapping[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def reached(self) -> bool | None:
        """Whether the median reaches the goal; None where there is none."""
        if self.goal is None:
            return None
        return self.median >= self.goal if self.unit == RATIO else self.median <= self.goal


def alternate(baseline: Run, subject: Run, rounds: int, warm: int = 1) -> Pairs:
    """Run ``rounds`` pairs of slices, and ``warm`` before them that do not count: none where slices are processes of
    their own, which nothing before them warms."""
    pairs = [_pair(baseline, subject, swap=number % 2 == 1) for number in range(rounds + warm)][warm:]
    return Pairs(tuple(first for first, _ in pairs), tuple(second for _, second in pairs))


def _pair(baseline: Run, subject: Run, *, swap: bool) -> tuple[Slice, Slice]:
    if swap:
        second = subject()
        return baseline(), second
    return baseline(), subject()


def repeat(work: Callable[[], object], seconds: float) -> Slice:
    """Do ``work`` again and again, in blocks long enough that the clock costs nothing, for about so many seconds."""
    units, block, start, passed = 0, 1, perf_counter(), 0.0
    while not units or passed < seconds:
        for _ in range(block):
            work()
        units += block
        passed = perf_counter() - start
        block = min(block * 2, max(1, int(units * 0.01 / max(passed, 1e-6))))
    return Slice(units, passed)


def timed(units: int, work: Callable[[], object]) -> Slice:
    """Do ``work``, which is so many units, once."""
    start = perf_counter()
    work()
    return Slice(units, perf_counter() - start)


def rates(pairs: Pairs, unit: str) -> dict[str, float]:
    """The median rates of both sides, for colour."""
    return {
        f"{unit}/s": median(s.rate for s in pairs.subject),
        f"baseline {unit}/s": median(s.rate for s in pairs.baseline),
    }


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of ``values`` (one at least) do not exceed."""
    return values[0] if len(values) == 1 else quantiles(values, n=100, method="inclusive")[percent - 1]
