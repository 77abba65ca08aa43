"""What + - * / // % mean for each pair of types."""

import ast
from collections.abc import Mapping

from rules.functions import NUMBERS
from rules.grammar import Source
from rules.terms import Code, Term
from rules.values import ValueType

_DATE, _DATETIME, _DURATION = ValueType.DATE, ValueType.DATETIME, ValueType.DURATION
_NUMBER = ValueType.NUMERIC  # stands for both kinds of numbers in the table below

SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}

# sign, left, right -> the operation and the result's type
_MEANINGS: Mapping[tuple[str, ValueType, ValueType], tuple[str, ValueType]] = {
    ("+", _NUMBER, _NUMBER): ("add", _NUMBER),
    ("-", _NUMBER, _NUMBER): ("subtract", _NUMBER),
    ("*", _NUMBER, _NUMBER): ("multiply", _NUMBER),
    ("/", _NUMBER, _NUMBER): ("divide", _NUMBER),
    ("//", _NUMBER, _NUMBER): ("floor_divide", _NUMBER),
    ("%", _NUMBER, _NUMBER): ("remainder", _NUMBER),
    ("+", _DATE, _DURATION): ("shift", _DATE),
    ("-", _DATE, _DURATION): ("shift_back", _DATE),
    ("+", _DATETIME, _DURATION): ("shift", _DATETIME),
    ("-", _DATETIME, _DURATION): ("shift_back", _DATETIME),
    ("+", _DURATION, _DURATION): ("shift", _DURATION),
    ("-", _DURATION, _DURATION): ("shift_back", _DURATION),
    ("-", _DATE, _DATE): ("distance", _DURATION),
    ("-", _DATETIME, _DATETIME): ("distance", _DURATION),
    ("*", _DURATION, _NUMBER): ("scale", _DURATION),
    ("/", _DURATION, _NUMBER): ("scale_down", _DURATION),
    ("/", _DURATION, _DURATION): ("ratio", _NUMBER),
}


def binary(source: Source, code: Code, node: ast.BinOp, left: Term, right: Term) -> Term:
    """The checked term of a calculation; raises ExpressionError."""
    sign = SIGNS.get(type(node.op), "")
    if sign and ValueType.ANY in (left.type, right.type):
        return _unknown(code, node)
    if (sign, _kind(left)) in (("*", _NUMBER), ("+", _DURATION)) and _kind(right) != _NUMBER:
        left, right = right, left
    left, right = _aligned(left, right)
    operation, result = _MEANINGS.get((sign, _kind(left), _kind(right)), ("", ValueType.ANY))
    if not operation:
        raise _refused(source, node, sign, left, right)
    return Term(
        node=node,
        type=_result(sign, result, left, right),
        code=f"{operation}({left.code}, {right.code})",
        whole_days=result is _DURATION and _whole(sign, left, right),
    )


def minus(source: Source, node: ast.UnaryOp, term: Term) -> Term:
    """The checked term of a minus sign; raises ExpressionError."""
    if term.type is ValueType.ANY:
        return term
    if _kind(term) not in (_NUMBER, _DURATION):
        raise source.error(node, f"a minus sign needs a number or a length of time, but this is {term.words}")
    return Term(node=node, type=term.type, code=f"negative({term.code})", whole_days=term.whole_days)


def as_moment(term: Term) -> Term:
    """A date as the instant of its local midnight; other terms as they are."""
    if term.type is not _DATE:
        return term
    return Term(node=term.node, type=_DATETIME, code=f"moment({term.code}, s.zone)")


def _unknown(code: Code, node: ast.expr) -> Term:
    """What comes of a value whose type is not known because of another mistake, which is told where it was made."""
    return Term(node=node, type=ValueType.ANY, code=code.constant(None))


def _kind(term: Term) -> ValueType:
    return _NUMBER if term.type in NUMBERS else term.type


def _aligned(left: Term, right: Term) -> tuple[Term, Term]:
    mixed = {left.type, right.type} == {_DATE, _DATETIME}
    hours = left.type is _DATE and right.type is _DURATION and not right.whole_days
    return (as_moment(left), as_moment(right)) if mixed or hours else (left, right)


def _result(sign: str, result: ValueType, left: Term, right: Term) -> ValueType:
    whole = left.type is right.type is ValueType.INTEGER and sign != "/"
    return ValueType.INTEGER if result is _NUMBER and whole else result


def _whole(sign: str, left: Term, right: Term) -> bool:
    if sign == "*":
        return left.whole_days and right.type is ValueType.INTEGER
    return left.type is right.type is _DATE or (left.whole_days and right.whole_days)


def _refused(source: Source, node: ast.BinOp, sign: str, left: Term, right: Term) -> Exception:
    if not sign:
        return source.error(node, "only + - * / // % are allowed in calculations")
    hint = ""
    if right.type in NUMBERS and left.type in (_DATE, _DATETIME):
        hint = f"{sign} days(...) or {sign} hours(...) says which unit is meant"
    if left.family is ValueType.STRING:
        hint = 'texts are joined in a text: "{{ first_name }} {{ last_name }}"'
    return source.error(node, f'"{sign}" cannot join {left.words} and {right.words}', hint)
