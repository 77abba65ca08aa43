"""React: microseconds to decide one event, matching included, with 6, 60 and 200 rules; and for its parts alone.

The event fires one rule and walks what follows: a trigger, a condition that holds, a reply. What a node costs is taken
from one flow of 100 nodes of a kind, so that a hundredth of an event is in it; what a condition costs, from evaluating
and explaining one over values at hand. The yardstick is that of the matcher.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial

from benchmarks.books import (
    ACTION,
    CHAIN_LENGTH,
    CONDITION,
    LINES,
    NOW,
    SWITCH,
    UPDATE,
    WAIT,
    long_flow,
    many_rules,
    scene,
    word,
)
from benchmarks.harness import Plan, Row
from benchmarks.matching import in_microseconds
from rules.book import Rulebook
from rules.expressions import Expression, NameInfo, compile_expression
from rules.names import Scope
from rules.react import react
from rules.values import ValueType

RULES = (6, 60, 200)
GOAL_PER_CONDITION, GOAL_PER_NODE = 2.0, 10.0
NODES = (
    ("a condition node", CONDITION, GOAL_PER_CONDITION),
    ("a condition node of three lines", LINES, GOAL_PER_NODE),
    ("a switch node", SWITCH, GOAL_PER_NODE),
    ("an action node (reply)", ACTION, GOAL_PER_NODE),
    ("a wait whose time has passed", WAIT, GOAL_PER_NODE),
    ("an update, and matching the fact it raises", UPDATE, None),
)
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
        *(_node(plan, case, long_flow(node), goal) for case, node, goal in NODES),
        *(_condition(plan, case, source) for case, source in CONDITIONS),
    ]


def _event(plan: Plan, rules: int) -> Row:
    return in_microseconds(plan, "react", f"an event, {rules} rules", decide(many_rules(rules), rules // 2))


def _node(plan: Plan, case: str, book: Rulebook, goal: float | None) -> Row:
    return in_microseconds(plan, "react", case, decide(book, 0), goal, CHAIN_LENGTH)


def decide(book: Rulebook, number: int) -> Callable[[], object]:
    """Deciding a message that ends in at least one message of ours or outcome."""
    work = partial(react, book, word(number), scene(), NOW)
    if not work().effects:
        raise RuntimeError("nothing came of the event")
    return work


def _condition(plan: Plan, case: str, source: str) -> Row:
    look = partial(_look, compile_expression(source, NAMES), SCOPE)
    return in_microseconds(plan, "react", case, look, GOAL_PER_CONDITION)


def _look(condition: Expression, scope: Scope) -> object:
    return condition.explain(scope), condition.evaluate(scope)
