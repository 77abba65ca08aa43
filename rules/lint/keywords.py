"""Which words `message.keyword` may be at each node.

A trigger that is narrowed to keywords brings one of them; the message stays with its path, over waits and into other
flows. Any other trigger may bring any word, or none.
"""

from collections.abc import Mapping

from rules.book import TriggerNode
from rules.facts import Trigger
from rules.lint.ground import Ground
from rules.lint.spreading import spread
from rules.lint.truth import OTHER

NAME = "message.keyword"
ANY_WORD: frozenset[str] = frozenset({OTHER})  # a set that holds it stands for all words, and for none


def keywords_at(ground: Ground) -> Mapping[str, frozenset[str]]:
    """By the full name of the node; a node that only an unentered flow has is not there."""
    starts = ((node.full_name, _begins(node)) for node in ground.book.triggers)
    return spread(ground.nodes, starts, lambda node, here: ((way, here) for way in ground.ways[node.full_name]))


def _begins(trigger: TriggerNode) -> frozenset[str]:
    if trigger.when is Trigger.FROM_ANOTHER_FLOW:
        return frozenset()
    wanted = trigger.narrowing.get("keyword") if trigger.when is Trigger.INCOMING_SESSION else None
    return frozenset(wanted) if wanted else ANY_WORD


def is_keyword(word: str) -> bool:
    """Whether a message can have it as its keyword."""
    return bool(word) and word == word.upper() and len(word.split()) == 1
