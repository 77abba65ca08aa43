"""An expression taken apart: each of its sub-expressions with the value it has. Only for telling people why."""

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from rules.checker import Checker
from rules.expressions import Expression
from rules.grammar import Source
from rules.names import NameInfo, Scope
from rules.values import Value

KEPT = 2_000  # expressions that stay taken apart: more than the rule files of most projects hold
TOLD = (ast.Name, ast.Attribute, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Call)


class Part(NamedTuple):
    """A sub-expression: its text on one line, how deep it stands in the whole (which is 0), and its value."""

    source: str
    depth: int
    value: Value


class _Piece(NamedTuple):
    depth: int
    expression: Expression


def parts(expression: Expression, scope: Scope) -> tuple[Part, ...]:
    """Everything in the expression that has a value of its own, in reading order, the whole first. What is written out,
    such as `"paid"` or `days(3)`, is left out; unset is None.

    All of them are evaluated, those too at which the whole did not need to look. Never raises.
    """
    pieces = _pieces(expression.source, tuple(sorted(expression.known.items())))
    return tuple(Part(piece.source, depth, piece.evaluate(scope)) for depth, piece in pieces)


@lru_cache(KEPT)
def _pieces(source: str, known: tuple[tuple[str, NameInfo], ...]) -> tuple[_Piece, ...]:
    """Each sub-expression compiled by itself, as the whole was."""
    parsed, names = Source(source), dict(known)
    told = dict(_told(parsed.tree, 0)) or {parsed.tree: 0}
    return tuple(_Piece(depth, _compiled(parsed, names, node)) for node, depth in told.items())


def _compiled(source: Source, names: Mapping[str, NameInfo], node: ast.expr) -> Expression:
    checker = Checker(source, names)
    term = checker.check(node)
    return Expression(" ".join(source.written(node).split()), term.type, run=checker.code.compiled(term))


def _told(node: ast.expr, depth: int) -> Iterator[tuple[ast.expr, int]]:
    """``node`` and those inside it, but for what is only written out, and how deep each stands."""
    told = isinstance(node, TOLD) and not _is_written_out(node)
    if told:
        yield node, depth
    for inner in _inside(node):
        yield from _told(inner, depth + 1 if told else depth)


def _inside(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Name | ast.Attribute):
        return []
    return list(node.args) if isinstance(node, ast.Call) else _expressions_in(node)


def _expressions_in(node: ast.expr) -> list[ast.expr]:
    return [inner for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.expr)]


def _is_written_out(node: ast.expr) -> bool:
    """Whether its value can be read off: numbers with a sign, texts, lists, and functions of such."""
    if isinstance(node, ast.Constant):
        return True
    inside = _inside(node)
    return bool(inside) and all(map(_is_written_out, inside))
