"""React: microseconds to decide one event, matching included, with 6, 60 and 200 rules; and for its parts alone.

The event fires one rule and walks what follows: a trigger, a condition that holds, a reply. What a node costs is told
by `benchmarks.nodes`; what a condition costs is taken from evaluating and explaining one over values at hand. The
yardstick is that of the matcher.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial

from benchmarks import nodes
from benchmarks.books import NOW, many_rules, scene, word
from benchmarks.harness import Plan, Row
from benchmarks.matching import in_microseconds
from rules.book import Rulebook
from rules.expressions import Expression, NameInfo, compile_expression
from rules.names import Scope
from rules.react import react
from rules.values import ValueType

RULES = (6, 60, 200)
CONDITIONS = (
    ("a condition, evaluated", "amount > 50"),
    ("a date before a moment, evaluated", "before(due_date, seen_at)"),
    ("three conditions in one, evaluated", 'days_until(due_date) <= 3 and amount > 0 and state in ["open", "asked"]'),
)
NAMES = {
    "amount": NameInfo(ValueType.NUMERIC),
    "due_date": NameInfo(ValueType.DATE),
    "seen_at": NameInfo(ValueType.DATETIME),
    "state": NameInfo(ValueType.STRING),
}
SCOPE = Scope({"amount": Decimal(100), "due_date": date(2026, 11, 20), "seen_at": NOW, "state": "asked"}, NOW)


def rows(plan: Plan) -> list[Row]:
    """One row for each number of rules, for each kind of node, for each condition."""
    return [
        *(_event(plan, rules) for rules in RULES),
        *nodes.rows(plan),
        *(_condition(plan, case, source) for case, source in CONDITIONS),
    ]


def _event(plan: Plan, rules: int) -> Row:
    return in_microseconds(plan, "react", f"an event, {rules} rules", decide(many_rules(rules), rules // 2))


def decide(book: Rulebook, number: int) -> Callable[[], object]:
    """Deciding a message that ends in at least one message of ours or outcome."""
    work = partial(react, book, word(number), scene(), NOW)
    if not work().effects:
        raise RuntimeError("nothing came of the event")
    return work


def _condition(plan: Plan, case: str, source: str) -> Row:
    look = partial(_look, compile_expression(source, NAMES), SCOPE)
    return in_microseconds(plan, "react", case, look, nodes.GOAL_PER_CONDITION)


def _look(condition: Expression, scope: Scope) -> object:
    return condition.explain(scope), condition.evaluate(scope)
