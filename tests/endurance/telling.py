"""What an endurance run has shown, for people; and which promises did not hold."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.endurance.course import Course, Endured
from tests.endurance.looks import Look

MOST_GROWTH = 50.0  # MB from the end of the warm-up to the last event
LEAST_PACE = 0.8  # of the first tenth after the warm-up, in the last tenth
HEAD = "   events  seconds   events/s  processor ms/event   RSS MB   PSS MB  anonymous MB  owed"


@dataclass
class Table:
    """Prints one line for each look, with what was done since the one before."""

    before: Look | None = None

    def line(self, now: Look) -> None:
        pace, spent = (rate(self.before, now), cost(self.before, now)) if self.before else (0.0, 0.0)
        memory = f"{now.rss:9.1f}{now.pss:9.1f}{now.anonymous:14.1f}"
        print(f"{now.events:9}{now.seconds:9.0f}{pace:11.0f}{spent:20.2f}{memory}{now.owed:6}", flush=True)
        self.before = now


def tell_end(course: Course, endured: Endured) -> None:
    """Print what there was, and the two figures that count."""
    if rest := endured.at_rest:
        print(f"at rest: {rest.rss:.1f} MB (RSS), {rest.events} webhooks, {endured.undecided} of them not decided")
    print("; ".join(f"{name}: {number}" for name, number in sorted(endured.kinds.items())))
    print(f"answers by status: {dict(endured.answers)}; exit code {endured.code}")
    first, last = paces(course, endured)
    of_first, of_last = costs(course, endured)
    print(f"memory: {growth(course, endured):+.1f} MB from {course.warm} events on (at most {MOST_GROWTH:.0f})")
    print(f"speed: {first:.0f} events/s in the first tenth, {last:.0f} in the last one: {last / first:.2f} of it")
    print(f"processor time: {of_first:.2f} ms an event in the first tenth, {of_last:.2f} in the last one")


def failures(course: Course, endured: Endured) -> Iterator[str]:
    """Which promises did not hold."""
    if (grown := growth(course, endured)) >= MOST_GROWTH:
        yield f"it took {grown:.1f} MB more memory, {MOST_GROWTH:.0f} are too much"
    first, last = paces(course, endured)
    if last < LEAST_PACE * first:
        yield f"it became slower: {last:.0f} events/s after {first:.0f}, less than {LEAST_PACE:g} of it"
    if endured.undecided:
        yield f"{endured.undecided} webhooks were accepted and not decided"
    if endured.code:
        yield f"it ended in {endured.code}"


def growth(course: Course, endured: Endured) -> float:
    """Megabytes from the end of the warm-up to the last event."""
    return endured.looks[-1].rss - endured.after(course.warm).rss


def paces(course: Course, endured: Endured) -> tuple[float, float]:
    """Events per second in the first tenth after the warm-up and in the last tenth."""
    first, last = tenths(course, endured)
    return rate(*first), rate(*last)


def costs(course: Course, endured: Endured) -> tuple[float, float]:
    """Milliseconds of processor time that an event took, in the same tenths."""
    first, last = tenths(course, endured)
    return cost(*first), cost(*last)


def tenths(course: Course, endured: Endured) -> tuple[tuple[Look, Look], tuple[Look, Look]]:
    """The looks at the beginning and at the end of both."""
    first = endured.after(course.warm), endured.after(course.warm + course.tenth)
    return first, (endured.after(course.events - course.tenth), endured.looks[-1])


def rate(before: Look, now: Look) -> float:
    return (now.events - before.events) / max(now.seconds - before.seconds, 1e-3)


def cost(before: Look, now: Look) -> float:
    return 1_000 * (now.processor - before.processor) / max(now.events - before.events, 1)
