"""Whether a condition can be true, and whether it can be false.

It is tried with every combination of the values that its names may have: all values of an enumeration, true and
false, and for numbers and texts the written-out values it compares with, those around and between them, and one that
is none of them; and unset. The hour and the weekday of a name, or of now, are taken for names of their own. What is
not known (other functions, calculations, names compared with names) stays open, and then nothing is claimed.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, product
from math import ceil, floor, prod

from rules.lint.reckoning import (
    BOUNDS,
    CLOCKS,
    OPEN,
    PRESENT,
    Get,
    Known,
    Open,
    bounded,
    dotted,
    evaluate,
    key_of,
    truth,
)
from rules.names import NameInfo
from rules.values import ValueType

MAX_TRIES = 300  # combinations of values of one condition
LOOK = 100  # what it costs of the effort to look a condition over
OTHER = "\0"  # a text that nobody has written out
_NUMBERS = (ValueType.INTEGER, ValueType.NUMERIC)
_TEXTS = (ValueType.STRING, ValueType.EMAIL, ValueType.PHONE)

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
    read = sorted({key for key in map(bounded, nodes) if key})
    used = [*sorted({name for name in map(dotted, nodes) if name in names}), *read]
    literals = _compared(nodes)
    values = [_domain(name, names, domains, literals.get(name, ())) for name in used]
    tries = prod(map(len, values))
    if tries > MAX_TRIES or not effort.takes(tries * len(nodes)):
        return Verdict()
    results = [truth(evaluate(tree, _get(dict(zip(used, chosen, strict=True))))) for chosen in product(*values)]
    return Verdict(
        never=all(result is False for result in results),
        always=all(result is True for result in results),
        possible=not read and any(result is True for result in results),  # a time may not have both hour and weekday
    )


def _get(values: Mapping[str, Known]) -> Get:
    return lambda name: values.get(name, OPEN)


def _domain(name: str, names: Mapping[str, NameInfo], domains: Domains, literals: Iterable[Known]) -> tuple[Known, ...]:
    if name in domains:
        return domains[name]
    return domain(names[name], literals) if name in names else _within(name, literals)


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


def _within(call: str, literals: Iterable[Known]) -> tuple[Known, ...]:
    """Values that stand for all that such a call gives; that of a clock is never unset."""
    function, _, asked = call.partition("(")
    low, high = BOUNDS[function]
    numbers = _around([n for n in literals if isinstance(n, int | Decimal)], ValueType.INTEGER)
    found = sorted({low, high, *(n for n in numbers if low <= n <= high)})
    return (*found,) if asked.partition("(")[0] in CLOCKS else (*found, None)


def _around(literals: list[int | Decimal], kind: ValueType) -> tuple[int | Decimal, ...]:
    marks = sorted(set(literals)) or [0]
    if kind is ValueType.INTEGER:
        return tuple(sorted({n for mark in marks for n in (floor(mark) - 1, floor(mark), ceil(mark), ceil(mark) + 1)}))
    between = [(Decimal(one) + Decimal(other)) / 2 for one, other in pairwise(marks)]
    return tuple(sorted({*marks, *between, marks[0] - 1, marks[-1] + 1}))


def _compared(nodes: Iterable[ast.AST]) -> Mapping[str, list[Known]]:
    """The written-out values that each name is compared with."""
    found: dict[str, list[Known]] = {}
    for node in nodes:
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else _in_between(node)
        values = [value for side in sides for value in _literals(side)]
        for name in filter(None, map(key_of, sides)):
            found.setdefault(name, []).extend(values)
    return found


def _in_between(node: ast.AST) -> list[ast.expr]:
    """What a call of between compares."""
    return node.args if isinstance(node, ast.Call) and dotted(node.func) == "between" else []


def _literals(node: ast.expr) -> Iterator[Known]:
    value = evaluate(node, lambda _: OPEN)
    if isinstance(value, tuple):
        yield from value  # type: ignore[misc]
    elif not isinstance(value, Open):
        yield value
