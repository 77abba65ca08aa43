"""Fields that a condition has just found to be unset, and that nothing has given a value since.

`is_not_set(x)` leads to `match`, or `is_set(x)` to `else`: on that way x has no value until a node sets it or the path
stands still, for then others may.
"""

import ast
from collections.abc import Iterable, Mapping
from functools import partial

from rules.actions.update_field import UpdateField
from rules.book import IfNode, Node
from rules.lint.conditions import condition_of, names_asked
from rules.lint.ground import Ground, field_of, waits
from rules.lint.reckoning import dotted
from rules.lint.spreading import spread

NONE: frozenset[str] = frozenset()


def absent_at(ground: Ground) -> Mapping[str, frozenset[str]]:
    """By the full name of a node, the fields that surely have no value on some way to it."""
    asking = (node for node in ground.nodes.values() if isinstance(node, IfNode))
    starts = (step for node in asking for step in _ways(ground, node, NONE))
    return spread(ground.nodes, starts, partial(_ways, ground))


def _ways(ground: Ground, node: Node, absent: frozenset[str]) -> Iterable[tuple[str, frozenset[str]]]:
    """What follows the node, with the fields that are absent there."""
    if waits(node):
        return ()
    left = absent.difference(_touched(node))
    if isinstance(node, IfNode):
        tree = condition_of(ground, node)
        ways = ((node.match, True), (node.otherwise, False))
        return ((f"{node.flow}.{way}", left | set(map(field_of, missing(tree, truth)))) for way, truth in ways if way)
    return ((way, left) for way in ground.ways[node.full_name])


def _touched(node: Node) -> Iterable[str]:
    """The fields that the node sets, or asks for once more."""
    if isinstance(node, UpdateField):
        return (name for name, _ in node.set)
    return map(field_of, names_asked(node))


def missing(tree: ast.expr, truth: bool) -> frozenset[str]:
    """The names that are surely unset where a condition is true, or else where it is not."""
    match tree:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return missing(inner, not truth)
        case ast.BoolOp(op=op, values=sides):
            together = isinstance(op, ast.And) is truth
            parts = [missing(side, truth) for side in sides]
            return frozenset.union(*parts) if together else frozenset.intersection(*parts)
        case ast.Call(func=ast.Name(id=name), args=[asked]) if name == ("is_not_set" if truth else "is_set"):
            return frozenset({dotted(asked)})
    return NONE
