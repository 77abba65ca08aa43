"""Calls of functions in expressions: known, with the right arguments, and written as code."""

import ast

from rules.arithmetic import as_moment
from rules.comparing import alike, unlike
from rules.diagnostics import did_you_mean
from rules.functions import FUNCTIONS, TIMES, Function, Types
from rules.grammar import Source
from rules.names import words_of
from rules.patterns import PatternRefused, compile_pattern
from rules.terms import Code, Term
from rules.values import ValueType

_OF_LENGTH = ("days", "weeks")
_ALWAYS_SURE = ("is_set", "is_not_set", "now")


class Calls:
    """Checks the calls of one expression and hands their functions to its code."""

    def __init__(self, source: Source, code: Code) -> None:
        self._source, self._code = source, code

    def hint(self, name: str) -> str:
        """What to write instead of an unknown function."""
        return did_you_mean(name, FUNCTIONS) or f"functions: {', '.join(FUNCTIONS)}"

    def function(self, node: ast.Call, name: ast.Name) -> Function:
        """The function that is called; raises ExpressionError where it is unknown or called with names."""
        if name.id not in FUNCTIONS:
            raise self._source.error(name, f'unknown function "{name.id[:60]}"', self.hint(name.id))
        if node.keywords:
            raise self._source.error(node, "arguments are given without names", FUNCTIONS[name.id].usage)
        return FUNCTIONS[name.id]

    def call(self, node: ast.Call, function: Function, terms: tuple[Term, ...]) -> Term:
        """The checked term of a call; raises ExpressionError."""
        self._check_count(node, function, terms)
        for number, term in enumerate(terms):
            self._check_type(function, number, term)
        if function.alike:
            terms = self._aligned(terms)
        if function.literal:
            self._check_pattern(function, terms[-1])
        self._check_constant(node, function, terms)
        return self._term(node, function, terms)

    def _term(self, node: ast.Call, function: Function, terms: tuple[Term, ...]) -> Term:
        return Term(
            node=node,
            type=function.result or _common(terms),
            code=self._written(function, terms),
            sure=function.name in _ALWAYS_SURE,
            whole_days=function.name in _OF_LENGTH and terms[0].type is ValueType.INTEGER,
        )

    def _written(self, function: Function, terms: tuple[Term, ...]) -> str:
        if function.name == "is_set":
            return f"({terms[0].code} is not None)"
        if function.name == "is_not_set":
            return f"({terms[0].code} is None)"
        if function.name == "now":
            return "s.now"
        tests, uses = self._code.present(terms)
        called = f"{self._code.constant(function.run)}({', '.join((*(['s'] if function.scoped else []), *uses))})"
        return f"({called} if {' and '.join(tests)} else None)" if tests else called

    def _check_count(self, node: ast.Call, function: Function, terms: tuple[Term, ...]) -> None:
        if not function.fewest <= len(terms) <= function.limit:
            message = f'"{function.name}" does not take {len(terms)} value{"" if len(terms) == 1 else "s"}'
            raise self._source.error(
                node, message, self._comma_hint(node, function, terms) or f"write {function.usage}"
            )

    def _comma_hint(self, node: ast.Call, function: Function, terms: tuple[Term, ...]) -> str:
        """Where one value too many comes of a comma within a number."""
        decimals = any(ValueType.NUMERIC in types for _, types in function.arguments)
        return self._source.comma_hint(node) if decimals and len(terms) == function.limit + 1 else ""

    def _check_type(self, function: Function, number: int, term: Term) -> None:
        name, types = function.arguments[min(number, len(function.arguments) - 1)]
        if term.type in types or term.type is ValueType.ANY:
            return
        message = f'"{name}" of {function.usage} must be {words_of(types)}, but this is {term.words}'
        raise self._source.error(term.node, message, self._instead(types, term))

    def _instead(self, types: Types, term: Term) -> str:
        if term.type is ValueType.STRING and term.literal and ValueType.STRING not in types:
            return "write numbers without quotes, and dates as date(2027, 3, 31)"
        if term.literal and ValueType.STRING in types:
            return f'put quotes around it: "{self._source.written(term.node)}"'
        return "a length of time is written days(3) or hours(2)" if ValueType.DURATION in types else ""

    def _aligned(self, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        for term in terms[1:]:
            if not alike(terms[0], term):
                raise unlike(self._source, terms[0], term)
        mixed = {term.type for term in terms} >= set(TIMES)
        return tuple(map(as_moment, terms)) if mixed else terms

    def _check_pattern(self, function: Function, term: Term) -> None:
        if not term.literal:
            raise self._source.error(term.node, f'the pattern of "{function.name}" must be written out in quotes')
        try:
            compile_pattern(str(term.constant))
        except PatternRefused as refused:
            raise self._source.error(term.node, str(refused)) from None

    def _check_constant(self, node: ast.Call, function: Function, terms: tuple[Term, ...]) -> None:
        if function.name != "date" or not all(term.literal for term in terms):
            return
        if function.run(*(term.constant for term in terms)) is None:
            raise self._source.error(node, "there is no such day in the calendar", f"write {function.usage}")


def _common(terms: tuple[Term, ...]) -> ValueType:
    types = {term.type for term in terms}
    if len(types) == 1:
        return types.pop()
    return ValueType.ANY if ValueType.ANY in types else terms[0].family
