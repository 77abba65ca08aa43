"""What a value of a rulebook means, as plain data that can be compared: where and how it was written is left out."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from typing import Any

from rules.expressions import Expression
from rules.grammar import ExpressionError, Source
from rules.templates import Template
from rules.values import Position

Meaning = object


def meaning(value: Any, leave_out: frozenset[str] = frozenset()) -> Meaning:
    """Equal for equal meanings, types included: 1 is not true. ``leave_out`` are properties of the value itself."""
    if isinstance(value, Expression):
        return (Expression, form(value.source), value.type, value.values)
    if isinstance(value, Template):
        return (Template, value.source)
    if is_dataclass(value):
        return (type(value), tuple((f.name, meaning(getattr(value, f.name))) for f in _parts(value, leave_out)))
    if isinstance(value, Mapping):
        return (dict, {name: meaning(part) for name, part in value.items()})
    if isinstance(value, (tuple, list)):
        return (tuple, tuple(map(meaning, value)))
    return (type(value), value)


def _parts(value: Any, leave_out: frozenset[str]) -> Iterator[Field[Any]]:
    properties = (f for f in fields(value) if f.compare and f.name not in leave_out)
    return (f for f in properties if not isinstance(getattr(value, f.name), Position))


def form(source: str) -> str:
    """An expression without blanks and brackets that mean nothing; any other text as it is."""
    try:
        return ast.dump(Source(source).tree)
    except ExpressionError:
        return source


def names_in(value: Any) -> Iterator[str]:
    """The names that expressions and texts anywhere in the value use; some more than once."""
    if isinstance(value, (Expression, Template)):
        yield from value.names
    elif is_dataclass(value):
        for part in fields(value):
            yield from names_in(getattr(value, part.name))
    elif isinstance(value, Mapping):
        yield from names_in(tuple(value.values()))
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from names_in(part)
