"""Whether a condition can be true, and whether it can be false.

It is tried with every combination of the values that its names may have: all values of an enumeration, true and
false, and for numbers and texts the written-out values it compares with, those around and between them, and one that
is none of them; and unset. What is not known (other functions, calculations, names compared with names) stays open,
and then nothing is claimed.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, product
from math import ceil, floor, prod

from rules.names import NameInfo
from rules.values import ValueType

MAX_TRIES = 300  # combinations of values of one condition
LOOK = 100  # what it costs of the effort to look a condition over
OTHER = "\0"  # a text that nobody has written out
_NUMBERS = (ValueType.INTEGER, ValueType.NUMERIC)
_TEXTS = (ValueType.STRING, ValueType.EMAIL, ValueType.PHONE)


class _Open:
    """A value that is not known. ``present``: it is known to be set."""

    def __init__(self, present: bool) -> None:
        self.present = present


OPEN, PRESENT = _Open(present=False), _Open(present=True)
Known = str | int | Decimal | bool | tuple[object, ...] | None | _Open
Domains = Mapping[str, tuple[Known, ...]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``never`` true, ``always`` true, ``possible``: proven to be true at least once."""

    never: bool = False
    always: bool = False
    possible: bool = False


@dataclass
class Effort:
    """What may still be spent on one file, in parts of expressions that are looked at (about 1 us each)."""

    left: int = 200_000

    def takes(self, parts: int) -> bool:
        """Whether there is enough left for so many; they are spent then."""
        enough = parts <= self.left
        self.left -= parts if enough else 0
        return enough


def judge(tree: ast.expr, names: Mapping[str, NameInfo], domains: Domains, effort: Effort) -> Verdict:
    """``domains`` are the values of names of which more is known than their types."""
    if not effort.takes(LOOK):
        return Verdict()
    nodes = list(ast.walk(tree))
    used = sorted({name for name in map(dotted, nodes) if name in names})
    literals = _compared(nodes)
    values = [domains[name] if name in domains else domain(names[name], literals.get(name, ())) for name in used]
    tries = prod(map(len, values))
    if tries > MAX_TRIES or not effort.takes(tries * len(nodes)):
        return Verdict()
    results = [_truth(evaluate(tree, _get(dict(zip(used, chosen, strict=True))))) for chosen in product(*values)]
    return Verdict(
        never=all(result is False for result in results),
        always=all(result is True for result in results),
        possible=any(result is True for result in results),
    )


def _get(values: Mapping[str, Known]) -> "Get":
    return lambda name: values.get(name, OPEN)


def domain(info: NameInfo, literals: Iterable[Known]) -> tuple[Known, ...]:
    """Values that stand for all that a name of this type may have, unset included."""
    if info.type is ValueType.BOOLEAN:
        return (True, False, None)
    if info.type is ValueType.ENUMERATION and info.values:
        return (*info.values, None)
    if info.type in _TEXTS:
        return (*sorted({text for text in literals if isinstance(text, str)}), OTHER, None)
    if info.type in _NUMBERS:
        return (*_around([n for n in literals if isinstance(n, int | Decimal)], info.type), None)
    return (PRESENT, None)


def _around(literals: list[int | Decimal], kind: ValueType) -> tuple[int | Decimal, ...]:
    marks = sorted(set(literals)) or [0]
    if kind is ValueType.INTEGER:
        return tuple(sorted({n for mark in marks for n in (floor(mark) - 1, floor(mark), ceil(mark), ceil(mark) + 1)}))
    between = [(Decimal(one) + Decimal(other)) / 2 for one, other in pairwise(marks)]
    return tuple(sorted({*marks, *between, marks[0] - 1, marks[-1] + 1}))


def dotted(node: ast.AST) -> str:
    """`participant.stage` for the node of that name, "" for any other node."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def _compared(nodes: Iterable[ast.AST]) -> Mapping[str, list[Known]]:
    """The written-out values that each name is compared with."""
    found: dict[str, list[Known]] = {}
    for node in nodes:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            values = [value for side in sides for value in _literals(side)]
            for name in filter(None, map(dotted, sides)):
                found.setdefault(name, []).extend(values)
    return found


def _literals(node: ast.expr) -> Iterator[Known]:
    value = evaluate(node, lambda _: OPEN)
    if isinstance(value, tuple):
        yield from value  # type: ignore[misc]
    elif not isinstance(value, _Open):
        yield value


Get = Callable[[str], Known]


def evaluate(node: ast.expr, get: Get) -> Known:
    """The value of a node where ``get`` gives those of names; open where it is not known."""
    match node:
        case ast.Constant(value=value):
            return Decimal(str(value)) if isinstance(value, float) else value  # type: ignore[return-value]
        case ast.Name(id="true"):
            return True
        case ast.Name(id="false"):
            return False
        case ast.Name() | ast.Attribute():
            return get(dotted(node))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return tuple(evaluate(item, get) for item in items)
        case ast.BoolOp():
            return _all_or_any(node, get)
        case ast.UnaryOp():
            return _unary(node, evaluate(node.operand, get))
        case ast.Compare():
            return _compare(node, get)
        case ast.Call(func=ast.Name(id=name)):
            return _call(name, [evaluate(argument, get) for argument in node.args])
    return OPEN


def _truth(value: Known) -> bool | _Open:
    """As a condition takes it: only true is true."""
    return OPEN if isinstance(value, _Open) else value is True


def _all_or_any(node: ast.BoolOp, get: Get) -> Known:
    decides = isinstance(node.op, ast.Or)
    sides = [_truth(evaluate(value, get)) for value in node.values]
    if any(side is decides for side in sides):
        return decides
    return OPEN if any(isinstance(side, _Open) for side in sides) else not decides


def _unary(node: ast.UnaryOp, value: Known) -> Known:
    if isinstance(node.op, ast.Not):
        truth = _truth(value)
        return OPEN if isinstance(truth, _Open) else not truth
    if isinstance(node.op, ast.USub) and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return -value
    return OPEN


def _call(name: str, arguments: list[Known]) -> Known:
    """An unset argument makes the result unset."""
    if name in ("is_set", "is_not_set"):
        (value,) = arguments
        if isinstance(value, _Open) and not value.present:
            return OPEN
        return (value is not None) is (name == "is_set")
    return None if any(argument is None for argument in arguments) else OPEN


def _compare(node: ast.Compare, get: Get) -> Known:
    sides = [node.left, *node.comparators]
    values = [evaluate(side, get) for side in sides]
    written = [not dotted(side) for side in sides]
    results = [
        _pair(type(sign), values[n], values[n + 1], written[n] or written[n + 1]) for n, sign in enumerate(node.ops)
    ]
    if any(result is False for result in results):
        return False
    return OPEN if any(isinstance(result, _Open) for result in results) else True


def _pair(sign: type[ast.cmpop], left: Known, right: Known, known: bool) -> bool | _Open:
    """One comparison; ``known``: not of two names, whose values stand for many others."""
    if left is None or right is None:
        return False
    if isinstance(left, _Open) or isinstance(right, _Open) or not known:
        return OPEN
    if sign is ast.In:
        return left in right if isinstance(right, tuple) else OPEN
    if sign is ast.NotIn:
        return left not in right if isinstance(right, tuple) else OPEN
    if sign in (ast.Eq, ast.NotEq):
        return (left == right) is (sign is ast.Eq)
    return _ordered(sign, left, right)


def _ordered(sign: type[ast.cmpop], left: Known, right: Known) -> bool | _Open:
    """Numbers only: of texts in between there is no end."""
    if not isinstance(left, int | Decimal) or not isinstance(right, int | Decimal):
        return OPEN
    tests = {ast.Lt: left < right, ast.LtE: left <= right, ast.Gt: left > right, ast.GtE: left >= right}
    return tests.get(sign, OPEN)
