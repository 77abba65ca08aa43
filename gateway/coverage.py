"""Which ways of a campaign were walked, by its decisions; and, flow by flow, which were not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.book import Node, Rulebook
from rules.inputs import Input, find_inputs
from rules.ways import Placed, Way, ways_of, ways_taken


@dataclass(frozen=True, slots=True)
class FlowCoverage:
    """The ways of one flow, in file order, and how often each of them was walked."""

    campaign: str
    flow: str
    ways: tuple[Placed, ...]
    walked: Mapping[Way, int]

    @property
    def total(self) -> int:
        return len(self.ways)

    @property
    def passed(self) -> int:
        """How many of its ways were walked at least once."""
        return self.total - len(self.uncovered)

    @property
    def uncovered(self) -> tuple[Placed, ...]:
        """The ways nobody went."""
        return tuple(placed for placed in self.ways if not self.walked.get(placed.way))


def coverage(book: Rulebook, walked: Mapping[Way, int]) -> tuple[FlowCoverage, ...]:
    """Every flow of the rulebook, in file order; ``walked`` is what `ways_walked` counted."""
    ways: dict[str, list[Placed]] = {name: [] for name in book.flows}
    for placed in ways_of(book):
        ways[placed.way.node.partition(".")[0]].append(placed)
    return tuple(FlowCoverage(book.campaign, flow, tuple(own), walked) for flow, own in ways.items())


def ways_walked(book: Rulebook, decisions: Iterable[Mapping[str, Any]]) -> Counter[Way]:
    """How often each way of the rulebook was gone in these decisions (rows with their ``log``).

    Other campaigns' parts are left alone, and what was walked with another version of its file: that may have nodes
    of the same names. A path that had waited goes on with the version that it began with.
    """
    nodes = {node.full_name: node for flow in book.flows.values() for node in flow.nodes.values()}
    parts = (part for row in decisions for part in row["log"] if part.get("campaign") == book.campaign)
    return Counter(way for part in parts for visit in _visits(book, part) for way in _taken(nodes, visit))


def _visits(book: Rulebook, part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every visit of a node of the rulebook in its campaign's part of a decision, in order; where no version is told,
    it is the rulebook's."""
    for considered in part.get("facts", ()):
        if (considered.get("rules") or part.get("rules", book.hash)) == book.hash:
            for activation in considered.get("activations", ()):
                yield from activation["visits"]


def _taken(nodes: Mapping[str, Node], visit: Mapping[str, Any]) -> tuple[Way, ...]:
    """Empty properties are not in the log (see `gateway.explaining`)."""
    node = nodes.get(visit["node"])
    if node is None:
        return ()
    return ways_taken(node, visit.get("next", ""), visit.get("saw", {}), visit.get("result", ""))


def inputs_for(book: Rulebook, flows: Iterable[FlowCoverage], now: datetime) -> Mapping[Way, Input]:
    """What would lead somebody who comes at ``now`` (UTC) to the ways nobody went, where that was found: seconds of
    searching at most, see `rules.inputs`."""
    missing = {placed.way for flow in flows for placed in flow.uncovered}
    return find_inputs(book, missing, now) if missing else {}


def told(flows: Iterable[FlowCoverage], inputs: Mapping[Way, Input] | None = None) -> Iterator[str]:
    """The coverage in lines: a flow each, and under it every way that nobody went, with its place in the file and,
    where ``inputs`` were looked for, what would lead to it."""
    for flow in flows:
        yield f"{flow.campaign}.{flow.flow}: {flow.passed} of {flow.total} ways"
        for way, position in flow.uncovered:
            yield f"    not walked: {way} ({position})"
            if inputs is not None:
                yield f"        {_led(inputs.get(way))}"


def _led(found: Input | None) -> str:
    return f"walked when {found}" if found else "nothing was found that leads there"
