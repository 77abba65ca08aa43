"""What an overload has shown, for people; and which promises did not hold."""

from collections.abc import Iterator
from itertools import groupby

from benchmarks.harness import percentile
from gateway.stopping import EXIT_SECONDS
from tests.overload.course import CALM_SECONDS, Found
from tests.overload.pushing import NO_ANSWER, NOT_SENT, Push

SLACK_SECONDS = 3.0  # a provider waits so long
MOST_GROWTH = 1.5  # of the memory from the fifth second of the overload to its end
FIRST_SECONDS = 5
NAMES = {NO_ANSWER: "no answer", NOT_SENT: "not sent for want of connections"}


def tell(found: Found) -> None:
    """Print all figures."""
    print(f"capacity: {found.capacity:.0f} webhooks a second")
    print(f"overload: {told(found.pushed)}")
    print(f"calm, {CALM_SECONDS:.0f} s later: {told(found.calm)}")
    lags = found.pushed.lags
    print(f"whoever brought them was late himself: p50 {percentile(lags, 50):.2f} s, p99 {percentile(lags, 99):.2f} s")
    for when, megabytes in found.memory.items():
        print(f"memory {when}: {megabytes:.0f} MB")
    print("memory by the second: " + " ".join(f"{of:.0f}" for of, _ in groupby(found.memories)))
    slowest = max(found.health, default=0.0)
    print(f"/healthz, /readyz: {len(found.health)} looks, {found.unhealthy} not 200, slowest {slowest:.2f} s")
    print(f"decided, all of them, {found.drained:.1f} s after the overload")
    print(f"accepted {found.decided.total()}, by how often they were decided: {dict(found.decided)}")
    print(f"SIGTERM: exit code {found.stopped[0]} after {found.stopped[1]:.1f} s")


def told(push: Push) -> str:
    """By status: how many, and how long their answers took."""
    lines = []
    for status, taken in sorted(push.taken.items()):
        name = NAMES.get(status, str(status))
        lines.append(f"{name}: {len(taken)} (p50 {percentile(taken, 50):.2f} s, p99 {percentile(taken, 99):.2f} s)")
    return ", ".join(lines)


def failures(found: Found) -> Iterator[str]:
    """Which promises did not hold."""
    if set(found.decided) - {1}:
        yield f"not every 200 was decided once: {dict(found.decided)}"
    if set(found.calm.statuses) - {200}:
        yield f"not everything was taken after the overload: {dict(found.calm.statuses)}"
    late = percentile(found.pushed.lags, 99)  # whoever measures is late himself
    if percentile(found.pushed.taken.get(200, [0.0]), 99) > SLACK_SECONDS + late:
        yield f"who was let in waited for longer than {SLACK_SECONDS:.0f} seconds"
    if found.unhealthy:
        yield f"/healthz or /readyz did not answer 200, {found.unhealthy} times"
    if max(found.memories[FIRST_SECONDS:]) > MOST_GROWTH * found.memories[FIRST_SECONDS]:
        yield "memory grew on and on"
    if found.stopped[0] or found.stopped[1] > EXIT_SECONDS:
        yield f"SIGTERM ended it with {found.stopped[0]} after {found.stopped[1]:.1f} seconds"
