"""What the matcher promises, in five lines of Python."""

from collections.abc import Sequence

from rules.book import TriggerNode
from rules.facts import Fact, Trigger


def fired(triggers: Sequence[TriggerNode], fact: Fact) -> tuple[TriggerNode, ...]:
    """The triggers this fact fires, in file order."""
    return tuple(
        node for node in triggers if node.when == fact.trigger and _entered(node, fact) and _narrowed(node, fact)
    )


def _entered(node: TriggerNode, fact: Fact) -> bool:
    return node.when != Trigger.FROM_ANOTHER_FLOW or node.flow == fact.flow


def _narrowed(node: TriggerNode, fact: Fact) -> bool:
    seen = {"field": fact.changed} | {name: {getattr(fact, name)} for name in node.narrowing if name != "field"}
    return all(seen[name] & set(wanted) for name, wanted in node.narrowing.items())
