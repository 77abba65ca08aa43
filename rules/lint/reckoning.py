"""What an expression comes to where the values of some names are known, and those of others are not."""

import ast
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

BOUNDS: Mapping[str, tuple[int, int]] = {"hour": (0, 23), "weekday": (1, 7)}
CLOCKS = ("now", "today")


class Open:
    """A value that is not known. ``present``: it is known to be set."""

    def __init__(self, present: bool) -> None:
        self.present = present


OPEN, PRESENT = Open(present=False), Open(present=True)
Known = str | int | Decimal | bool | date | tuple[object, ...] | None | Open
Get = Callable[[str], Known]


def dotted(node: ast.AST) -> str:
    """`participant.stage` for the node of that name, "" for any other node."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def bounded(node: ast.AST) -> str:
    """`hour(now())`, `weekday(due)` and the like, whose values are few; "" for any other node."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[ast.Call(func=ast.Name(id=clock), args=[])]) if name in BOUNDS:
            return f"{name}({clock}())"
        case ast.Call(func=ast.Name(id=name), args=[ast.Name() | ast.Attribute() as asked]) if name in BOUNDS:
            return f"{name}({dotted(asked)})"
    return ""


def key_of(node: ast.AST) -> str:
    """What stands for the values of a node that `evaluate` is given; "" where it works them out."""
    return dotted(node) or bounded(node)


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
        case ast.Call():
            return _called(node, get)
    return OPEN


def truth(value: Known) -> bool | Open:
    """As a condition takes it: only true is true."""
    return OPEN if isinstance(value, Open) else value is True


def _all_or_any(node: ast.BoolOp, get: Get) -> Known:
    decides = isinstance(node.op, ast.Or)
    sides = [truth(evaluate(value, get)) for value in node.values]
    if any(side is decides for side in sides):
        return decides
    return OPEN if any(isinstance(side, Open) for side in sides) else not decides


def _unary(node: ast.UnaryOp, value: Known) -> Known:
    if isinstance(node.op, ast.Not):
        held = truth(value)
        return OPEN if isinstance(held, Open) else not held
    if isinstance(node.op, ast.USub) and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return -value
    return OPEN


def _called(node: ast.Call, get: Get) -> Known:
    name = dotted(node.func)
    if name == "between":
        return _between(node.args, get)
    key = bounded(node)
    return get(key) if key else _call(name, [evaluate(argument, get) for argument in node.args])


def _call(name: str, arguments: list[Known]) -> Known:
    """An unset argument makes the result unset."""
    if name in ("is_set", "is_not_set"):
        (value,) = arguments
        if isinstance(value, Open) and not value.present:
            return OPEN
        return (value is not None) is (name == "is_set")
    if any(argument is None for argument in arguments):
        return None
    return _day(arguments) if name == "date" else OPEN


def _day(arguments: list[Known]) -> Known:
    year, month, day = (n if type(n) is int else 0 for n in arguments)
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return OPEN


def _between(asked: list[ast.expr], get: Get) -> Known:
    value, low, high = asked
    values = [evaluate(argument, get) for argument in asked]
    if any(value is None for value in values):
        return None
    if _ordered(ast.Gt, values[1], values[2]) is True:
        return False
    return _compare(ast.Compare(left=low, ops=[ast.LtE(), ast.LtE()], comparators=[value, high]), get)


def _compare(node: ast.Compare, get: Get) -> Known:
    sides = [node.left, *node.comparators]
    values = [evaluate(side, get) for side in sides]
    written = [not key_of(side) for side in sides]
    results = [
        _pair(type(sign), values[n], values[n + 1], written[n] or written[n + 1]) for n, sign in enumerate(node.ops)
    ]
    if any(result is False for result in results):
        return False
    return OPEN if any(isinstance(result, Open) for result in results) else True


def _pair(sign: type[ast.cmpop], left: Known, right: Known, known: bool) -> bool | Open:
    """One comparison; ``known``: not of two names, whose values stand for many others."""
    if left is None or right is None:
        return False
    if isinstance(left, Open) or isinstance(right, Open) or not known:
        return OPEN
    if sign is ast.In:
        return left in right if isinstance(right, tuple) else OPEN
    if sign is ast.NotIn:
        return left not in right if isinstance(right, tuple) else OPEN
    if sign in (ast.Eq, ast.NotEq):
        return (left == right) is (sign is ast.Eq)
    return _ordered(sign, left, right)


def _ordered(sign: type[ast.cmpop], left: Known, right: Known) -> bool | Open:
    """Numbers and days only: of texts in between there is no end."""
    if isinstance(left, date) and isinstance(right, date):
        left, right = left.toordinal(), right.toordinal()
    if not isinstance(left, int | Decimal) or not isinstance(right, int | Decimal):
        return OPEN
    tests = {ast.Lt: left < right, ast.LtE: left <= right, ast.Gt: left > right, ast.GtE: left >= right}
    return tests.get(sign, OPEN)
