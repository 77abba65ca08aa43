"""Hears a decision being made once more, so that each node can be told with what its conditions came to."""

from typing import NamedTuple

from gateway.explain.values import EvaluatedExpression, SubExpression
from gateway.explain.writing import written
from rules.expressions import Expression
from rules.names import Scope
from rules.parts import Part, parts
from rules.values import Value


class Heard(NamedTuple):
    """One expression that was evaluated, its value, and those of its parts."""

    expression: Expression
    value: Value
    parts: tuple[Part, ...]


class Ear:
    """A `rules.watching.Watch`. ``walked`` holds what each visit of the log evaluated, in the log's order, ``besides``
    what was evaluated at no visit: the conditions of a form's questions, and until when others wait."""

    def __init__(self) -> None:
        self.besides: list[Heard] = []
        self.walked: list[list[Heard]] = []
        self._node = ""

    def visits(self, node: str) -> None:
        self._node = node
        self.walked.append([])

    def evaluated(self, node: str, expression: Expression, scope: Scope, value: Value) -> None:
        heard = Heard(expression, value, parts(expression, scope))
        (self.walked[-1] if self.walked and node == self._node else self.besides).append(heard)


def told(heard: Heard) -> EvaluatedExpression:
    """What was heard, in words."""
    inside = (SubExpression(source=part.source, depth=part.depth, value=written(part.value)) for part in heard.parts)
    return EvaluatedExpression(source=one_line(heard.expression), value=written(heard.value), parts=tuple(inside))


def unheard(expression: Expression) -> EvaluatedExpression:
    """One that nobody looked at."""
    return EvaluatedExpression(source=one_line(expression), value="")


def one_line(expression: Expression) -> str:
    """As it is written, but for line breaks."""
    return " ".join(expression.source.split())
