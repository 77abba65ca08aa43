"""Checked pieces of an expression: type known, and the Python text that computes them."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from rules import operations
from rules.functions import NUMBERS, TEXTS, TIMES
from rules.names import TYPE_WORDS
from rules.values import Value, ValueType


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One checked piece. ``code`` is made only of names that `Code` handed out, never of the operator's text.

    ``sure``: it is never unset. ``values``: all values it can have, where known. ``literal``: it is written out.
    ``whole_days``: a length of time that is a whole number of days.
    """

    node: ast.expr
    type: ValueType
    code: str
    sure: bool = False
    values: tuple[str, ...] = ()
    literal: bool = False
    constant: Value = None
    whole_days: bool = False
    items: tuple["Term", ...] = ()

    @property
    def family(self) -> ValueType:
        """The type that stands for all types it can be compared with."""
        return FAMILIES.get(self.type, self.type)

    @property
    def words(self) -> str:
        return TYPE_WORDS[self.type]


FAMILIES: Mapping[ValueType, ValueType] = {
    **dict.fromkeys(TEXTS, ValueType.STRING),
    **dict.fromkeys(NUMBERS, ValueType.NUMERIC),
    **dict.fromkeys(TIMES, ValueType.DATETIME),
}


def _space() -> dict[str, object]:
    public = {name: operation for name, operation in vars(operations).items() if name in OPERATIONS}
    return {"__builtins__": {}, **public}


OPERATIONS = (
    *("moment", "add", "subtract", "multiply", "divide", "floor_divide", "remainder", "negative", "negative_duration"),
    *("shift", "shift_back", "distance", "scale", "scale_down", "ratio", "order"),
)


@dataclass
class Code:
    """Collects what the code of one expression needs: constants, functions and temporary names."""

    space: dict[str, object] = field(default_factory=_space)
    _numbers: Iterator[int] = field(default_factory=count)

    def constant(self, value: object) -> str:
        """A name that stands for the value."""
        name = f"c{next(self._numbers)}"
        self.space[name] = value
        return name

    def temporary(self) -> str:
        """A name to keep a value under while the expression runs."""
        return f"t{next(self._numbers)}"

    def present(self, terms: tuple[Term, ...]) -> tuple[list[str], list[str]]:
        """For terms in order: tests that they are set, and code to use them once those tests have held."""
        tests, uses = [], []
        for term in terms:
            if term.sure:
                uses.append(term.code)
                continue
            name = self.temporary()
            tests.append(f"({name} := {term.code}) is not None")
            uses.append(name)
        return tests, uses

    def compiled(self, term: Term) -> Callable[..., Value]:
        """The function of (scope, get) that computes the term; ``get`` looks a name up."""
        # Safe: the text holds only Python keywords, operators and names made by this class (see Term.code).
        run: Callable[..., Value] = eval(f"lambda s, g: {term.code}", self.space)  # noqa: S307
        return run
