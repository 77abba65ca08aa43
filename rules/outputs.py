"""One `{{ expression | filter | filter('x') }}` of a text: checked, and run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rules.diagnostics import did_you_mean
from rules.expressions import Expression, compile_expression
from rules.filters import FILTERS, Argument, Filter, show
from rules.grammar import ExpressionError
from rules.names import TYPE_WORDS, NameInfo, Scope, words_of
from rules.values import ValueType

MAX_FILTERS = 5

_PIPE = re.compile(r"\"[^\"]*\"|'[^']*'|(\|)")
_CALL = re.compile(r"\s*(?P<name>\w+)\s*(?:\(\s*(?P<argument>\"[^\"]*\"|'[^']*'|\d{1,9})?\s*\))?\s*")


@dataclass(frozen=True, slots=True)
class Output:
    """The value of an expression, sent through filters in order, as text."""

    expression: Expression
    filters: tuple[tuple[Filter, tuple[Argument, ...]], ...]

    def text(self, scope: Scope) -> str:
        """Never raises: a value that is not of its declared type counts as unset."""
        value = self.expression.evaluate(scope)
        try:
            for filter_, arguments in self.filters:
                if value is not None or filter_.takes_unset:
                    value = filter_.run(scope, value, *arguments)
            return show(value, scope.zone)
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            return ""


def compile_output(source: str, names: Mapping[str, NameInfo]) -> Output:
    """Checks what stands between the braces; raises ExpressionError."""
    (start, first), *rest = _split(source)
    expression = compile_expression(first, names)
    if len(rest) > MAX_FILTERS:
        message = f"the value goes through {len(rest)} filters; at most {MAX_FILTERS} are allowed"
        raise ExpressionError(message, start, len(source))
    filters, type_ = [], expression.type
    for offset, written in rest:
        filter_, arguments = _filter(offset, written, type_)
        filters.append((filter_, arguments))
        type_ = ValueType.STRING
    return Output(expression, tuple(filters))


def _split(source: str) -> list[tuple[int, str]]:
    pipes = [found.start() for found in _PIPE.finditer(source) if found.group(1)]
    starts, ends = [0, *(pipe + 1 for pipe in pipes)], [*pipes, len(source)]
    return [(start, source[start:end]) for start, end in zip(starts, ends, strict=True)]


def _filter(offset: int, written: str, type_: ValueType) -> tuple[Filter, tuple[Argument, ...]]:
    start, width = offset + len(written) - len(written.lstrip()), max(1, len(written.strip()))
    call = _CALL.fullmatch(written)
    if call is None:
        raise ExpressionError("this is not a filter", start, width, "a filter is written | date or | money('EUR')")
    name = call["name"]
    if name not in FILTERS:
        hint = did_you_mean(name, FILTERS) or f"filters: {', '.join(FILTERS)}"
        raise ExpressionError(f'unknown filter "{name[:60]}"', start, len(name), hint)
    filter_, arguments = FILTERS[name], _arguments(call["argument"])
    if fault := _fault(filter_, arguments, type_):
        raise ExpressionError(fault, start, width)
    return filter_, arguments


def _arguments(written: str | None) -> tuple[Argument, ...]:
    if written is None:
        return ()
    return (int(written),) if written.isdecimal() else (written[1:-1],)


def _fault(filter_: Filter, arguments: tuple[Argument, ...], type_: ValueType) -> str:
    if type_ not in filter_.takes and type_ is not ValueType.ANY:
        return f'the filter "{filter_.name}" needs {words_of(filter_.takes)}, but this is {TYPE_WORDS[type_]}'
    if arguments and filter_.needs == "none":
        return f'the filter "{filter_.name}" is written without brackets'
    if not arguments and filter_.needs == "required":
        return f'the filter "{filter_.name}" needs something in brackets'
    return filter_.fault(arguments[0]) if arguments else ""
