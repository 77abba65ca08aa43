"""What may hold at each node on some way to it."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from rules.book import Node

Facts = frozenset[str]
NOTHING: Facts = frozenset()
Step = tuple[str, Facts]
"""The full name of a node, and what may hold there."""


def spread(
    nodes: Mapping[str, Node], starts: Iterable[Step], onward: Callable[[Node, Facts], Iterable[Step]]
) -> Mapping[str, Facts]:
    """By the full name of a node, all that the ways to it bring; ``onward`` tells what follows a node, and with what.
    A node that nothing is brought to is not there."""
    found: dict[str, Facts] = {}
    brought = _Brought()
    brought.add(starts)
    while brought.waiting:
        name, facts = brought.pop()
        before = found.get(name, NOTHING)
        if not facts <= before:
            found[name] = before | facts
            brought.add(onward(nodes[name], found[name]))
    return found


@dataclass
class _Brought:
    """Nodes in the order in which something was brought to them; what is brought before their turn comes adds up."""

    waiting: deque[str] = field(default_factory=deque)
    facts: dict[str, Facts] = field(default_factory=dict)

    def add(self, steps: Iterable[Step]) -> None:
        for name, facts in steps:
            if name not in self.facts:
                self.waiting.append(name)
            self.facts[name] = self.facts.get(name, NOTHING) | facts

    def pop(self) -> Step:
        name = self.waiting.popleft()
        return name, self.facts.pop(name)
