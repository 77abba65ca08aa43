"""A rulebook as a picture."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from gateway.drawing.picture import Arrow, Box, Panel, Picture, Shape
from gateway.drawing.saying import said_by, shape_of
from gateway.live_counts import LiveCounts
from rules.actions.to_another_flow import ToAnotherFlow
from rules.book import Flow, Node, Rulebook, TriggerNode
from rules.facts import Trigger
from rules.ways import Way, ways_from

OPEN = ".0"  # after a node's name: the key of its open end, which is no name
LED_BY_TALKS = {Trigger.COMMUNICATION_ENDED: "ended", Trigger.COMMUNICATION_UPDATED: "updated"}
CASE = "cases."


def picture_of(book: Rulebook, flows: Collection[str] = (), counts: LiveCounts | None = None) -> Picture:
    """These flows of the rulebook (none: all of them), in the order of the file."""
    drawn = [flow for flow in book.flows.values() if not flows or flow.name in flows]
    return Picture(
        title=f"{book.campaign}: {book.title}" if book.title else book.campaign,
        panels=tuple(_panel(flow, counts) for flow in drawn),
        jumps=tuple(jump for flow in drawn for jump in _jumps(flow, drawn)),
        note=_note(counts) if counts else "",
    )


def _note(counts: LiveCounts) -> str:
    return f"counted since {counts.since:%Y-%m-%d %H:%M} UTC" if counts.since else "nothing counted"


def _panel(flow: Flow, counts: LiveCounts | None) -> Panel:
    arrows = [arrow for node in flow.nodes.values() for arrow in (*_ways(node, counts), *_led(flow, node))]
    ends = [Box(arrow.target, Shape.END) for arrow in arrows if arrow.target.endswith(OPEN)]
    return Panel(flow.name, (*(_box(node, counts) for node in flow.nodes.values()), *ends), tuple(arrows))


def _box(node: Node, counts: LiveCounts | None) -> Box:
    place = f"{node.position.file.rpartition('/')[2]}:{node.position.line}"
    count = str(counts.at(node.full_name)) if counts else ""
    return Box(node.full_name, shape_of(node), node.name, said_by(node), count, place)


def _ways(node: Node, counts: LiveCounts | None) -> Iterator[Arrow]:
    """One arrow to each node that it leads to, and one to an end where only some of its branches are open."""
    by_target: dict[str, list[Way]] = defaultdict(list)
    for way in ways_from(node):
        by_target[way.target].append(way)
    if set(by_target) == {""}:
        return
    for target, ways in by_target.items():
        yield Arrow(node.full_name, target or f"{node.full_name}{OPEN}", _label(ways, counts))


def _label(ways: list[Way], counts: LiveCounts | None) -> str:
    edges = ", ".join(way.edge.removeprefix(CASE) for way in ways if way.edge != "next")
    number = counts.along(ways) if counts else 0
    went = f"{number:,}" if number else ""
    return ": ".join(part for part in (edges, went) if part)


def _led(flow: Flow, node: Node) -> Iterator[Arrow]:
    """A talk leads to the triggers of its flow that fire when it ends or has news."""
    if isinstance(node, TriggerNode) and node.when in LED_BY_TALKS:
        for name in node.narrowing.get("of", ()):
            if name.rpartition(".")[0] == flow.name:
                yield Arrow(name, node.full_name, LED_BY_TALKS[node.when], dashed=True)


def _jumps(flow: Flow, drawn: Collection[Flow]) -> Iterator[Arrow]:
    """From each node that leads to another flow to where that begins."""
    for node in flow.nodes.values():
        if isinstance(node, ToAnotherFlow):
            targets = (one for other in drawn if other.name == node.target for one in other.nodes.values())
            entries = (one for one in targets if isinstance(one, TriggerNode))
            entered = (one for one in entries if one.when is Trigger.FROM_ANOTHER_FLOW)
            yield from (Arrow(node.full_name, one.full_name, dashed=True) for one in entered)
