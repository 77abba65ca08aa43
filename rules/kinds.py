"""What the rule file calls a node, or any other thing of ours."""

import re

from rules.book import IfNode, Node, SwitchNode, TriggerNode

WORD = re.compile(r"(?<!^)(?=[A-Z])")


def kind_of(node: Node) -> str:
    """What the rule file says that it is: what it waits for, if, switch, or what it does."""
    match node:
        case TriggerNode():
            return str(node.when)
        case IfNode():
            return "if"
        case SwitchNode():
            return "switch"
        case _:
            return in_words(node)


def in_words(thing: object) -> str:
    """The name of its class as rule files write it."""
    return WORD.sub("_", type(thing).__name__).lower()
