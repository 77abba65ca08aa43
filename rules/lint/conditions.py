"""The conditions of `if` nodes as one tree each, whatever their lines."""

import ast

from rules.book import IfNode, Node, SwitchNode
from rules.lint.ground import Ground


def condition_of(ground: Ground, node: IfNode) -> ast.expr:
    """What must hold for `match`."""
    trees = [ground.tree(line.source) for line in node.lines]
    whole = trees[0] if len(trees) == 1 else ast.BoolOp(op=ast.And() if node.how == "all" else ast.Or(), values=trees)
    return negated(whole) if node.how == "none" else whole


def negated(condition: ast.expr) -> ast.expr:
    """What holds where the condition does not."""
    return ast.UnaryOp(op=ast.Not(), operand=condition)


def names_asked(node: Node) -> tuple[str, ...]:
    """The names that the way taken from a node depends on."""
    if isinstance(node, IfNode):
        return tuple(dict.fromkeys(name for line in node.lines for name in line.names))
    return node.subject.names if isinstance(node, SwitchNode) else ()
