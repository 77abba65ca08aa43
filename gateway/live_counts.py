"""What goes on at the nodes of a campaign, and how many have passed: read from rollups and from what waits."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.node_counts import ENDED, FAILED
from rules.statuses import OPEN_STATUSES
from rules.ways import Way
from storage.transaction import Transaction

NAMED = ("passed", "waiting", "open", "failed")


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """Of one node: how often each way was taken (``ways``, by edge, and `ended.STATUS` for ends of its communications),
    how many paths wait there now, and its communications as they stand now, by status."""

    ways: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    communications: Mapping[str, int] = field(default_factory=dict)

    @property
    def taken(self) -> dict[str, int]:
        """By edge, how often a path left by it."""
        return {edge: number for edge, number in self.ways.items() if not edge.startswith(ENDED)}

    @property
    def passed(self) -> int:
        """How often a path came by and went on, or ended there; one that still waits has not passed."""
        return sum(self.taken.values())

    @property
    def failed(self) -> int:
        """How many of its calls, or of its communications, failed for good."""
        return self.ways.get(FAILED, 0) + self.ways.get(f"{ENDED}{FAILED}", 0)

    @property
    def open(self) -> int:
        """How many of its communications are planned or go on."""
        return sum(self.communications.get(status, 0) for status in OPEN_STATUSES)

    def __str__(self) -> str:
        """In words, without what nobody did."""
        told = ((getattr(self, name), name) for name in NAMED)
        return " · ".join(f"{number:,} {name}" for number, name in told if number)


NOTHING = NodeCounts()


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """By the full names of nodes. What passed is counted since the moment ``since`` (UTC); None: nothing is."""

    nodes: Mapping[str, NodeCounts]
    since: datetime | None = None

    def at(self, node: str) -> NodeCounts:
        return self.nodes.get(node, NOTHING)

    def along(self, ways: Iterable[Way]) -> int:
        """How many went one of these ways."""
        return sum(self.at(way.node).ways.get(way.edge, 0) for way in ways)


def live_counts(t: Transaction, campaign: str, since: datetime | None = None) -> LiveCounts:
    """What goes on in a campaign, whatever version of the rule file it began with, and what has passed since it is
    counted, or since a later moment (UTC) to the hour."""
    waiting: Counter[str] = Counter()
    for (node, _), number in t.runs.counts(campaign).items():
        waiting[node] += number
    talks, ways = t.lists.counting.nodes(campaign), t.node_counts.totals(campaign, since)
    nodes = {
        name: NodeCounts(ways.get(name, {}), waiting[name], talks.get(name, {})) for name in {*waiting, *talks, *ways}
    }
    begun = t.node_counts.since(campaign)
    return LiveCounts(nodes, max(since, begun) if since and begun else begun)
