"""What == != < <= > >= in mean for each pair of types. A comparison with an unset value is false."""

import ast
from collections.abc import Mapping

from rules.arithmetic import as_moment
from rules.diagnostics import did_you_mean
from rules.grammar import ExpressionError, Source
from rules.terms import Code, Term
from rules.values import ValueType

_SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_UNORDERED = (ValueType.BOOLEAN, ValueType.ENUMERATION, ValueType.LIST)


def compare(source: Source, code: Code, node: ast.Compare, terms: tuple[Term, ...]) -> Term:
    """The checked term of a comparison, chained ones included; raises ExpressionError."""
    parts, left = [], terms[0]
    for operator, right in zip(node.ops, terms[1:], strict=True):
        sign = _SIGNS.get(type(operator), "")
        if not sign:
            raise source.error(node, '"is" has no meaning here', 'use "==" to compare, is_set(...) to ask for a value')
        parts.append(_pair(source, code, sign, left, right))
        left = right
    return Term(node=node, type=ValueType.BOOLEAN, code=f"({' and '.join(parts)})", sure=True)


def check_values(source: Source, left: Term, right: Term) -> None:
    """Refuses a written-out text that the other side, an enumeration, can never be."""
    for enumeration, other in ((left, right), (right, left)):
        if enumeration.type is ValueType.ENUMERATION and other.literal and enumeration.values:
            _check_value(source, enumeration, other)


def alike(left: Term, right: Term) -> bool:
    """Whether two terms can be compared at all."""
    return ValueType.ANY in (left.type, right.type) or left.family is right.family


def _check_value(source: Source, enumeration: Term, literal: Term) -> None:
    if literal.constant in enumeration.values:
        return
    hint = did_you_mean(str(literal.constant), enumeration.values) or f"allowed: {', '.join(enumeration.values)}"
    name = source.written(enumeration.node)
    raise source.error(literal.node, f'"{name}" is never "{str(literal.constant)[:60]}"', hint)


def _pair(source: Source, code: Code, sign: str, left: Term, right: Term) -> str:
    if sign.endswith("in"):
        return _membership(source, code, sign, left, right)
    if not alike(left, right) or ValueType.LIST in (left.type, right.type):
        raise _unlike(source, left, right)
    check_values(source, left, right)
    if {left.type, right.type} == {ValueType.DATE, ValueType.DATETIME}:
        left, right = as_moment(left), as_moment(right)
    if sign in ("==", "!="):
        return _equality(code, sign, left, right)
    return _ordering(source, code, sign, left, right)


def _equality(code: Code, sign: str, left: Term, right: Term) -> str:
    if sign == "==" and (left.sure or right.sure):
        return f"{left.code} == {right.code}"
    tests, (one, other) = code.present((left, right))
    return " and ".join((*tests, f"{one} {sign} {other}"))


def _ordering(source: Source, code: Code, sign: str, left: Term, right: Term) -> str:
    for term in (left, right):
        if term.type in _UNORDERED:
            raise source.error(term.node, f'"{sign}" needs an order, but this is {term.words}', 'use "==" or "!="')
    if ValueType.ANY in (left.type, right.type):
        return f"order({code.constant(sign)}, {left.code}, {right.code})"
    tests, (one, other) = code.present((left, right))
    return " and ".join((*tests, f"{one} {sign} {other}"))


def _membership(source: Source, code: Code, sign: str, left: Term, right: Term) -> str:
    if right.type not in (ValueType.LIST, ValueType.ANY) or left.type is ValueType.LIST:
        hint = "use contains(text, part)" if right.family is ValueType.STRING else 'write it as ["a", "b"]'
        raise source.error(right.node, f'"{sign}" needs a list on its right, but this is {right.words}', hint)
    for item in right.items:
        if not alike(left, item):
            raise _unlike(source, left, item)
        check_values(source, left, item)
    tests, (item_code, list_code) = code.present((left, right))
    return " and ".join((*tests, f"{item_code} {sign} {list_code}"))


def _unlike(source: Source, left: Term, right: Term) -> ExpressionError:
    at = right if right.literal or not left.literal else left
    hint = ""
    if ValueType.BOOLEAN in (left.type, right.type):
        name = source.written((left if left.type is ValueType.BOOLEAN else right).node)
        hint = f'a yes or no stands alone: "{name}", or "not {name}"'
    elif ValueType.STRING in (left.family, right.family) and at.literal and at.family is ValueType.STRING:
        hint = "write numbers without quotes, and dates as date(2027, 3, 31)"
    return source.error(at.node, f"{left.words} cannot be compared with {right.words}", hint)
