"""Every way of a rulebook: what coverage counts, and which of them a visit went.

A way leads from a node along one of its edges to another node, or, on a branch that is open, to the end of the path.
A node after which nothing can follow has one way: that it was reached.
"""

from collections.abc import Iterator
from typing import NamedTuple

from rules.actions.asking import Asking
from rules.book import IfNode, Node, Rulebook, SwitchNode, TriggerNode
from rules.fields import to_json
from rules.values import Position, Values

END = "end"  # the edge of a node after which nothing can follow


class Way(NamedTuple):
    """One way: ``node`` and ``target`` are full names, ``edge`` is `match`, `else`, `cases.VALUE`, `next`, `failed` or
    `END`. ``target`` is "" where the path ends."""

    node: str
    edge: str
    target: str = ""

    def __str__(self) -> str:
        """In words: `remind.promised: else -> remind.no_promise`."""
        return self.node if self.edge == END else f"{self.node}: {self.edge} -> {self.target or 'the path ends'}"


class Placed(NamedTuple):
    """A way, and where its node stands in the file."""

    way: Way
    position: Position


def ways_of(book: Rulebook) -> tuple[Placed, ...]:
    """Every way of the rulebook, in file order: all edges of all nodes, triggers included, and open branches."""
    nodes = (node for flow in book.flows.values() for node in flow.nodes.values())
    return tuple(Placed(way, node.position) for node in nodes for way in ways_from(node))


def ways_from(node: Node) -> tuple[Way, ...]:
    """The ways out of one node, in the order of the file."""
    return tuple(_way(node, edge, target) for edge, target in _edges(node))


def ways_taken(node: Node, target: str, saw: Values, result: str) -> tuple[Way, ...]:
    """The way that one visit went, told by what the log keeps of it (see `rules.reaction.Visit`; values may be JSON).

    () for a visit that waits. Where several edges lead to one node and nothing tells which was gone, all of them.
    """
    if isinstance(node, Asking):
        edge = node.edge_told(result)
        return tuple(way for way in ways_from(node) if way.edge == edge)
    led = [way for way in ways_from(node) if way.target == (f"{node.flow}.{target}" if target else "")]
    if len(led) > 1 and isinstance(node, SwitchNode):
        led = _told_apart(node, led, saw)
    return tuple(led)


def _way(node: Node, edge: str, target: str) -> Way:
    return Way(node.full_name, edge, f"{node.flow}.{target}" if target else "")


def _edges(node: Node) -> Iterator[tuple[str, str]]:
    """Edge names and targets, open branches included."""
    if isinstance(node, IfNode):
        yield from (("match", node.match), ("else", node.otherwise))
    elif isinstance(node, SwitchNode):
        yield from ((_case(value), target) for value, target in node.cases)
        yield "else", node.otherwise
    elif isinstance(node, Asking):
        yield from (("next", node.next), *((_case(word), target) for word, target in node.cases))
        yield "failed", node.failed
    elif isinstance(node, TriggerNode):
        yield "next", node.next
    else:
        yield from node.edges.items() or ((END, ""),)


def _case(value: object) -> str:
    return f"cases.{value}"


def _told_apart(node: SwitchNode, led: list[Way], saw: Values) -> list[Way]:
    """Of several edges to one node, the one of the value that was seen, where the subject is a name alone."""
    name = node.subject.source.strip()
    if name not in saw:
        return led
    edge = next((_case(value) for value, _ in node.cases if to_json(value) == to_json(saw[name])), "else")
    return [way for way in led if way.edge == edge] or led
