"""The typed expression language of rule files: Python's grammar, a small part of it, checked when the file is loaded.

    days_until(due_date) <= 3 and amount_due > 0 and payment_status in ["unpaid", "promised"]

An unset value makes comparisons false, calculations unset and `not` true; `is_set(x)` asks. Numbers are exact (whole
numbers and decimals, up to `NUMBER_LIMIT`). `==` tells upper from lower case; contains, starts_with, ends_with and
matches do not. A date compared with an instant stands for its midnight where the participant is.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rules.checker import Checker
from rules.functions import FUNCTIONS, TEXTS
from rules.grammar import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES, ExpressionError, Source
from rules.names import NameInfo, Scope, words_of
from rules.terms import Term
from rules.values import Value, ValueType

__all__ = [
    "FUNCTIONS",
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_NODES",
    "Expression",
    "ExpressionError",
    "NameInfo",
    "Scope",
    "compile_expression",
]


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. ``names`` are those it uses, of which ``known`` has what was known of each when it was
    checked; ``values`` are all its results, where known (enumerations)."""

    source: str
    type: ValueType
    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    run: Callable[..., Value] = field(default=lambda *_: None, compare=False, repr=False)
    known: Mapping[str, NameInfo] = field(default_factory=dict, compare=False, repr=False)

    def evaluate(self, scope: Scope) -> Value:
        """The value now; None for unset. Never raises: a value that is not of its declared type makes it unset."""
        try:
            return self.run(scope, scope.values.get)
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            return None

    def explain(self, scope: Scope, saw: dict[str, Value] | None = None) -> Mapping[str, Value]:
        """The value of every name it uses, for the decision log; added to those in ``saw``, where given."""
        saw = {} if saw is None else saw
        for name in self.names:
            saw[name] = scope.values.get(name)
        return saw


def compile_expression(source: str, names: Mapping[str, NameInfo], expect: tuple[ValueType, ...] = ()) -> Expression:
    """Checks an expression against the names that exist and the types allowed at its place (empty: any type).

    A whole number is allowed where a number is, and any kind of text where a text is. Raises ExpressionError with the
    place in ``source``.
    """
    parsed = Source(source)
    checker = Checker(parsed, names)
    try:
        term = checker.check(parsed.tree)
    except RecursionError:
        raise ExpressionError(f"the expression is nested more than {MAX_DEPTH} deep") from None
    _check_result(parsed, term, expect)
    used = checker.used
    return Expression(source, term.type, tuple(used), term.values, checker.code.compiled(term), used)


def _check_result(source: Source, term: Term, expect: tuple[ValueType, ...]) -> None:
    fits = {term.type, ValueType.ANY} | ({ValueType.NUMERIC} if term.type is ValueType.INTEGER else set())
    if term.type in TEXTS:
        fits.add(ValueType.STRING)
    if not expect or term.type is ValueType.ANY or fits & set(expect):
        return
    hint = "compare it with something, or use is_set(...)" if expect == (ValueType.BOOLEAN,) else ""
    hint = source.comma_hint(source.tree) or hint if isinstance(source.tree, ast.Tuple) else hint
    error = source.error(source.tree, f"{words_of(expect)} is wanted here, but this is {term.words}", hint)
    error.only_its_type = True
    raise error
