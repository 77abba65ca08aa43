"""Watching `react` decide: who explains a decision hears every expression that it evaluates."""

from typing import Protocol

from rules.expressions import Expression
from rules.names import Scope
from rules.values import Value


class Watch(Protocol):
    """Hears a reaction as it goes. It must change nothing that it is given, and not raise."""

    def visits(self, node: str) -> None:
        """The node of this full name is visited now: one more visit of the log begins, in the log's order."""

    def evaluated(self, node: str, expression: Expression, scope: Scope, value: Value) -> None:
        """At the node of this full name ``expression`` came to ``value`` under ``scope``.

        In a talk (the conditions of a form's questions) the node is the one that planned the communication. What texts
        show is not told.
        """


def watched(expression: Expression, scope: Scope) -> Value:
    """The expression's value under ``scope``; whoever watches hears of it."""
    value = expression.evaluate(scope)
    if scope.hear is not None:
        scope.hear(expression, scope, value)
    return value
