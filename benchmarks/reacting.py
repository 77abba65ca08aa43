"""React: microseconds to decide one event, matching included, with 6, 60 and 200 rules; and for its parts alone.

The event fires one rule and walks what follows: a trigger, a condition that holds, a reply. What a node costs is taken
from one flow of 100 nodes of a kind; what a condition costs, from evaluating and explaining one over values at hand.
The yardstick is that of the matcher.
"""

from collections.abc import Callable
from functools import partial

from benchmarks.books import ACTION, CHAIN_LENGTH, CONDITION, NOW, long_flow, many_rules, scene, word
from benchmarks.harness import Plan, Row
from benchmarks.matching import in_microseconds
from rules.book import Rulebook
from rules.expressions import Expression, NameInfo, compile_expression
from rules.names import Scope
from rules.react import react
from rules.values import ValueType

RULES = (6, 60, 200)
GOAL_PER_NODE = 10.0


def rows(plan: Plan) -> list[Row]:
    """One row for each number of rules, one for each kind of node, one for a condition."""
    return [
        *(_event(plan, rules) for rules in RULES),
        _node(plan, "a condition node", long_flow(CONDITION)),
        _node(plan, "an action node (reply)", long_flow(ACTION)),
        _condition(plan),
    ]


def _event(plan: Plan, rules: int) -> Row:
    return in_microseconds(plan, "react", f"an event, {rules} rules", decide(many_rules(rules), rules // 2))


def _node(plan: Plan, case: str, book: Rulebook) -> Row:
    return in_microseconds(plan, "react", case, decide(book, 0), GOAL_PER_NODE, CHAIN_LENGTH)


def decide(book: Rulebook, number: int) -> Callable[[], object]:
    """Deciding a message that ends in at least one message of ours or outcome."""
    work = partial(react, book, word(number), scene(), NOW)
    if not work().effects:
        raise RuntimeError("nothing came of the event")
    return work


def _condition(plan: Plan) -> Row:
    condition = compile_expression("amount > 50", {"amount": NameInfo(ValueType.NUMERIC)})
    scope = Scope({"amount": 100}, NOW)
    return in_microseconds(plan, "react", "a condition, evaluated", partial(_look, condition, scope))


def _look(condition: Expression, scope: Scope) -> object:
    return condition.explain(scope), condition.evaluate(scope)
