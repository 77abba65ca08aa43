"""Texts with values in them: `Hi {{ first_name }}, {{ amount_due | money('EUR') }} is due.`

Between {{ and }} stands an expression, then filters (`rules.filters.FILTERS`). {% if condition %}, {% elif %},
{% else %} and {% endif %} choose between parts; a line that holds only such a tag leaves no empty line. {# ... #} is a
comment. There are no loops, and values are only ever shown, never read as texts with values in them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rules.expressions import Expression, compile_expression
from rules.grammar import ExpressionError
from rules.names import NameInfo, Scope
from rules.outputs import Output, compile_output
from rules.tags import Tag, TemplateError, scan
from rules.values import ValueType

__all__ = ["MAX_RENDERED", "MAX_SOURCE", "RenderFailed", "Template", "TemplateError", "compile_template"]

MAX_RENDERED = 1_600  # characters; Twilio refuses longer message bodies (error 21617)
MAX_SOURCE = 8_000
MAX_DEPTH = 5


class RenderFailed(Exception):
    """A text came out too long to be sent; says how long and what the limit is."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The first branch whose condition holds; a condition of None always does."""

    branches: "tuple[tuple[Expression | None, tuple[str | Output | Choice, ...]], ...]"

    def chosen(self, scope: Scope) -> "tuple[str | Output | Choice, ...]":
        """The pieces of that branch; none where no condition holds."""
        for condition, pieces in self.branches:
            if condition is None or condition.evaluate(scope) is True:
                return pieces
        return ()


@dataclass(frozen=True, slots=True)
class Template:
    """A checked text. ``names`` are the names it uses, in order."""

    source: str
    names: tuple[str, ...] = ()
    pieces: tuple[str | Output | Choice, ...] = field(default=(), compare=False, repr=False)

    def render(self, scope: Scope) -> str:
        """The text with its values, unset ones as nothing, without empty lines at its end; raises RenderFailed past
        `MAX_RENDERED` characters."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], str):
            return _bounded(self.pieces[0].rstrip("\n"))
        return _bounded("".join(_shown(self.pieces, scope)).rstrip("\n"))


@dataclass(slots=True)
class _Open:
    """An {% if %} that is being read: its finished branches, and the one that tags now add to."""

    tag: Tag
    condition: Expression | None
    pieces: list[str | Output | Choice] = field(default_factory=list)
    branches: list[tuple[Expression | None, tuple[str | Output | Choice, ...]]] = field(default_factory=list)

    def next_branch(self, condition: Expression | None) -> None:
        self.branches.append((self.condition, tuple(self.pieces)))
        self.condition, self.pieces = condition, []


def compile_template(source: str, names: Mapping[str, NameInfo]) -> Template:
    """Checks a text against the names that exist; raises TemplateError with the place in ``source``."""
    if len(source) > MAX_SOURCE:
        message = f"the text has {len(source)} characters; at most {MAX_SOURCE} are allowed"
        raise TemplateError(message, MAX_SOURCE)
    compiler = _Compiler(names)
    try:
        for part in scan(source):
            compiler.take(part)
        pieces = compiler.finished()
    except TemplateError as error:
        raise _with_others(error, compiler.errors) from None
    return Template(source, tuple(compiler.used), pieces)


def _with_others(last: TemplateError, before: list[TemplateError]) -> TemplateError:
    """All errors as one: the first, which carries the others."""
    first, *rest = (one for error in (*before, last) for one in (error, *error.more))
    first.more = tuple(rest)
    return first


class _Compiler:
    """Puts the pieces together. What is wrong inside a tag is kept in ``errors``, and the text read on."""

    def __init__(self, names: Mapping[str, NameInfo]) -> None:
        self.names = names
        self.errors: list[TemplateError] = []
        self.used: dict[str, None] = {}
        self._root: list[str | Output | Choice] = []
        self._open: list[_Open] = []

    def take(self, part: str | Tag) -> None:
        if isinstance(part, str):
            self._pieces.append(part)
        elif part.word == "{{":
            self._pieces.append(self._output(part))
        else:
            self._branch(part)

    def finished(self) -> tuple[str | Output | Choice, ...]:
        if self._open:
            raise self._open[-1].tag.error("this {% if %} is not closed", "write {% endif %} where it ends")
        if self.errors:
            raise self.errors.pop()
        return tuple(self._root)

    @property
    def _pieces(self) -> list[str | Output | Choice]:
        return self._open[-1].pieces if self._open else self._root

    def _branch(self, tag: Tag) -> None:
        if tag.word == "if":
            if len(self._open) >= MAX_DEPTH:
                raise tag.error(f"{{% if %}} is nested more than {MAX_DEPTH} deep")
            self._open.append(_Open(tag, self._condition(tag)))
            return
        if not self._open:
            raise tag.error(f"{{% {tag.word} %}} stands without its {{% if %}}")
        if tag.word == "endif":
            self._close(self._open.pop())
        elif self._open[-1].condition is None:
            raise tag.error(f"{{% {tag.word} %}} stands behind {{% else %}}")
        else:
            self._open[-1].next_branch(self._condition(tag) if tag.word == "elif" else None)

    def _close(self, opened: _Open) -> None:
        opened.next_branch(None)
        self._pieces.append(Choice(tuple(opened.branches)))

    def _condition(self, tag: Tag) -> Expression:
        try:
            expression = compile_expression(tag.inner, self.names, (ValueType.BOOLEAN,))
        except ExpressionError as error:
            self.errors.append(tag.inside(error))
            return Expression(tag.inner, ValueType.ANY)
        self.used.update(dict.fromkeys(expression.names))
        return expression

    def _output(self, tag: Tag) -> Output:
        try:
            output = compile_output(tag.inner, self.names)
        except ExpressionError as error:
            self.errors.append(tag.inside(error))
            return Output(Expression(tag.inner, ValueType.ANY), ())
        self.used.update(dict.fromkeys(output.expression.names))
        return output


def _shown(pieces: tuple[str | Output | Choice, ...], scope: Scope) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
        elif isinstance(piece, Output):
            yield piece.text(scope)
        else:
            yield from _shown(piece.chosen(scope), scope)


def _bounded(text: str) -> str:
    if len(text) > MAX_RENDERED:
        raise RenderFailed(f"the text has {len(text)} characters; at most {MAX_RENDERED} can be sent")
    return text
