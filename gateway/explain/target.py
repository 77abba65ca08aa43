"""What somebody asks about with why-not: a flow, or a node of one, and what leads there."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from gateway.hints import did_you_mean
from rules.actions.to_another_flow import ToAnotherFlow
from rules.book import Flow, Node, Rulebook, TriggerNode
from rules.facts import Trigger


class NoSuchTarget(LookupError):
    """The rule file in force has no such flow or node; says so, with the nearest name."""


@dataclass(frozen=True)
class Target:
    """A ``node`` of a ``flow``; None: any of its triggers."""

    book: Rulebook
    flow: Flow
    node: Node | None

    @property
    def name(self) -> str:
        return self.node.full_name if self.node else self.flow.name

    @cached_property
    def ahead(self) -> frozenset[str]:
        """The full names of the nodes from which edges lead there, itself included."""
        return closure(self._begin, self._edges_to)

    @cached_property
    def wide(self) -> frozenset[str]:
        """Those, and the nodes on whose communications or on whose sending to the flow all of it waits, and so on."""
        return closure(self.ahead, lambda name: (*self._edges_to(name), *self._awaited(name)))

    @cached_property
    def awaited(self) -> frozenset[str]:
        """The full names of the nodes that lead there without an edge: triggers wait for what they bring about."""
        return frozenset(awaited for name in self.wide for awaited in self._awaited(name))

    @cached_property
    def turning(self) -> frozenset[str]:
        """Those of the wide ones from which a path that goes another way does not come there any more."""
        return self.wide - self.awaited

    @cached_property
    def triggers(self) -> tuple[TriggerNode, ...]:
        """Those from which edges lead there, in file order."""
        return tuple(node for node in triggers_of(self.flow) if node.full_name in self.ahead)

    @cached_property
    def all_triggers(self) -> tuple[TriggerNode, ...]:
        """Those, and then all others behind which what they wait for is brought about."""
        others = (node for flow in self.book.flows.values() for node in triggers_of(flow))
        return (*self.triggers, *(node for node in others if node.full_name in self.wide - self.ahead))

    @cached_property
    def senders(self) -> tuple[str, ...]:
        """The full names of the nodes that send participants into the flow."""
        return self._senders(self.flow.name)

    @property
    def _begin(self) -> frozenset[str]:
        return frozenset([self.node.full_name] if self.node else (one.full_name for one in triggers_of(self.flow)))

    def _edges_to(self, full_name: str) -> Iterator[str]:
        flow, _, name = full_name.partition(".")
        return (node.full_name for node in self.book.flows[flow].nodes.values() if name in node.edges.values())

    def _awaited(self, full_name: str) -> tuple[str, ...]:
        """For what a trigger waits, by the nodes that bring it about."""
        flow, _, name = full_name.partition(".")
        node = self.book.flows[flow].nodes[name]
        if not isinstance(node, TriggerNode):
            return ()
        return self._senders(flow) if node.when is Trigger.FROM_ANOTHER_FLOW else node.narrowing.get("of", ())

    def _senders(self, flow: str) -> tuple[str, ...]:
        nodes = (node for one in self.book.flows.values() for node in one.nodes.values())
        return tuple(n.full_name for n in nodes if isinstance(n, ToAnotherFlow) and n.target == flow)


def triggers_of(flow: Flow) -> Iterator[TriggerNode]:
    """In file order."""
    return (node for node in flow.nodes.values() if isinstance(node, TriggerNode))


def closure(begin: Iterable[str], before: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """These, what is before them, what is before that, and so on."""
    found: set[str] = set()
    new = set(begin)
    while new:
        found |= new
        new = {earlier for name in new for earlier in before(name)} - found
    return frozenset(found)


def target_named(book: Rulebook, name: str) -> Target:
    """``name`` is FLOW or FLOW.NODE. Raises `NoSuchTarget`."""
    flow_name, dot, node_name = name.partition(".")
    flow = book.flows.get(flow_name)
    if flow is None:
        raise NoSuchTarget(f'{book.campaign} has no flow "{flow_name}"{did_you_mean(flow_name, book.flows)}')
    if dot and node_name not in flow.nodes:
        hint = did_you_mean(node_name, flow.nodes)
        raise NoSuchTarget(f'the flow {flow_name} of {book.campaign} has no node "{node_name}"{hint}')
    return Target(book, flow, flow.nodes[node_name] if dot else None)
