"""What == != < <= > >= in mean for each pair of types. A comparison with an unset value is false."""

import ast
import re
from collections.abc import Mapping

from rules.arithmetic import as_moment
from rules.diagnostics import did_you_mean
from rules.functions import NUMBERS, TEXTS, TIMES
from rules.grammar import ExpressionError, Source
from rules.terms import Code, Term
from rules.values import ValueType

SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_E164 = re.compile(r"\+[1-9][0-9]{4,14}")  # ITU-T E.164, 6: at most 15 digits
_UNORDERED = (ValueType.BOOLEAN, ValueType.ENUMERATION, ValueType.LIST)


def compare(source: Source, code: Code, node: ast.Compare, terms: tuple[Term, ...]) -> Term:
    """The checked term of a comparison, chained ones included; raises ExpressionError."""
    parts, left = [], terms[0]
    for operator, right in zip(node.ops, terms[1:], strict=True):
        sign = SIGNS.get(type(operator), "")
        if not sign:
            raise source.error(node, '"is" has no meaning here', 'use "==" to compare, is_set(...) to ask for a value')
        parts.append(_pair(source, code, sign, left, right))
        left = right
    return Term(node=node, type=ValueType.BOOLEAN, code=f"({' and '.join(parts)})", sure=True)


def check_values(source: Source, left: Term, right: Term) -> None:
    """Refuses a written-out text that the other side (an enumeration, a phone number, an email address) never is."""
    for one, other in ((left, right), (right, left)):
        if not other.literal or not isinstance(other.constant, str):
            continue
        if one.type is ValueType.ENUMERATION and one.values and other.constant not in one.values:
            near = did_you_mean(other.constant, one.values)
            raise _never(source, one, other, near or f"allowed: {', '.join(one.values)}")
        if one.type is ValueType.EMAIL and other.constant != other.constant.lower():
            raise _never(source, one, other, f'addresses are kept in small letters: "{other.constant.lower()}"')
        if one.type is ValueType.PHONE and not _E164.fullmatch(other.constant):
            raise _never(source, one, other, 'phone numbers are kept with + and country code: "+4915112345678"')


def alike(left: Term, right: Term) -> bool:
    """Whether two terms can be compared at all."""
    return ValueType.ANY in (left.type, right.type) or left.family is right.family


def _never(source: Source, one: Term, literal: Term, hint: str) -> ExpressionError:
    name = source.written(one.node)
    return source.error(literal.node, f'"{name}" is never "{str(literal.constant)[:60]}"', hint)


def _pair(source: Source, code: Code, sign: str, left: Term, right: Term) -> str:
    if sign.endswith("in"):
        return _membership(source, code, sign, left, right)
    if not alike(left, right) or ValueType.LIST in (left.type, right.type):
        raise unlike(source, left, right)
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
            raise unlike(source, left, item)
        check_values(source, left, item)
    tests, (item_code, list_code) = code.present((left, right))
    return " and ".join((*tests, f"{item_code} {sign} {list_code}"))


def unlike(source: Source, left: Term, right: Term) -> ExpressionError:
    """The error of comparing these two, at the one that is written out, with what to write instead."""
    at, other = (right, left) if right.literal or not left.literal else (left, right)
    message = f"{left.words} cannot be compared with {right.words}"
    return source.error(at.node, message, _instead(source, at, other))


def _instead(source: Source, at: Term, other: Term) -> str:
    """What to write where ``at`` cannot be compared with ``other``."""
    kinds, name = {at.type, other.type}, source.written(other.node)
    if ValueType.LIST in kinds:
        return 'ask with "in" whether a value is one of a list: name in ["a", "b"]'
    if ValueType.BOOLEAN in kinds:
        yes_or_no = source.written((at if at.type is ValueType.BOOLEAN else other).node)
        return f'a yes or no stands alone: "{yes_or_no}", or "not {yes_or_no}"'
    if at.literal and at.family is ValueType.STRING:
        return "write numbers without quotes, and dates as date(2027, 3, 31)"
    if other.type in TEXTS and at.literal:
        return f'put quotes around it: "{source.written(at.node)}"'
    if other.type in TIMES and at.type in NUMBERS:
        return f"days_until({name}) is a number of days; a date is written date(2027, 3, 31)"
    return f"compare {name} with {_FITTING[other.family]}"


_FITTING: Mapping[ValueType, str] = {
    ValueType.STRING: 'a text, such as "paid"',
    ValueType.NUMERIC: "a number, such as 3",
    ValueType.DATETIME: "a date or a moment, such as today() or now()",
    ValueType.DURATION: "a length of time, such as days(3)",
}
