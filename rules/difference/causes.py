"""Which differences what happens at a node depends on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from rules.actions.to_another_flow import ToAnotherFlow
from rules.book import Node, Rulebook, TriggerNode
from rules.conduct import Contacting
from rules.difference.change import Change, Difference
from rules.difference.meaning import names_in

FIELD_LEVELS = ("", "participant", "customer")


@dataclass(frozen=True)
class Causes:
    """The two rulebooks that a difference is between."""

    old: Rulebook
    new: Rulebook
    difference: Difference
    _found: dict[str, tuple[Change, ...]] = field(default_factory=dict)

    def of(self, node: str) -> tuple[Change, ...]:
        """Why it may be otherwise at a node (its full name, old or new): its own changes; where it has none those of
        what it uses (its agent, fields, channels); where these have none, those of the campaign as a whole."""
        if node not in self._found:
            self._found[node] = next(filter(None, map(tuple, self._layers(node))), ())
        return self._found[node]

    def of_fields(self, names: Iterable[str]) -> tuple[Change, ...]:
        """The changes of these fields themselves, wherever they are set."""
        return tuple(chain.from_iterable(self.difference.of("field", name) for name in names))

    def of_all(self) -> tuple[Change, ...]:
        """Those of the campaign as a whole."""
        return (*self.difference.of("contact"), *self.difference.of("campaign"))

    def _layers(self, node: str) -> Iterator[Iterable[Change]]:
        yield self.difference.of("node", node)
        yield self.difference.of("flow", node.partition(".")[0])
        nodes = [found for found in (_node(self.old, node), _node(self.new, node)) if found]
        yield dict.fromkeys(chain.from_iterable(map(self._used, nodes)))
        if any(isinstance(found, TriggerNode) for found in nodes):
            yield chain.from_iterable(self.difference.of("triggers", n.when) for n in nodes if hasattr(n, "when"))
        yield self.of_all()

    def _used(self, node: Node) -> Iterator[Change]:
        """The changes of what a node names."""
        names = set(names_in(node))
        yield from chain.from_iterable(self.difference.of("node", name) for name in _heard(node))
        yield from self.difference.of("flow", node.target) if isinstance(node, ToAnotherFlow) else ()
        if isinstance(node, Contacting):
            yield from self.difference.of("agent", node.agent)
            names |= {name for book in (self.old, self.new) for name in names_in(book.agents.get(node.agent))}
            for channel in (node.channel, *node.conduct.fallback):
                yield from self.difference.of("channel", channel)
            yield from self.difference.of("contact")
        for name in sorted(names):
            level, _, last = name.rpartition(".")
            yield from self.difference.of("field", last) if level in FIELD_LEVELS else ()


def _heard(node: Node) -> Iterable[str]:
    """The nodes whose communications this one is about."""
    return node.narrowing.get("of", ()) if isinstance(node, TriggerNode) else getattr(node, "of", ())


def _node(book: Rulebook, name: str) -> Node | None:
    flow, _, node = name.partition(".")
    return book.flows[flow].nodes.get(node) if flow in book.flows else None
