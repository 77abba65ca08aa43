"""W304: two flows that both write to the person for one and the same event.

Two triggers of one type in different flows whose narrowings overlap, and from each a communicate (without `at`) or a
reply is reached at once, not through a wait. Conditions on the way count: it is said only where one of the two ways has
none, or where values are found with which all of both hold.
"""

import ast
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, islice, product

from rules.actions.communicate import Communicate
from rules.actions.reply import Reply
from rules.book import IfNode, Node, SwitchNode, TriggerNode
from rules.facts import Trigger
from rules.grammar import Source
from rules.lint.conditions import condition_of, negated
from rules.lint.ground import Ground, path_of, waits
from rules.values import Value

CODE = "W304"
MAX_STEPS = 100  # nodes that are followed from one trigger
MAX_PAIRS = 50  # messages of two triggers that are compared
MAX_COMPARED = 20_000  # such pairs in one file; what is left is not looked at
_HINT = "the person gets both messages: narrow one of the triggers, or lead both cases through one flow"
_KINDS = tuple(kind for kind in Trigger if kind is not Trigger.FROM_ANOTHER_FLOW)
_NAMES = {"keyword": "message.keyword", "status": "communication.status"}

Conditions = tuple[ast.expr | None, ...]
"""What must hold on a way; None for a condition that is not known."""


@dataclass(frozen=True)
class Said:
    """A message that a trigger leads to at once, if ``conditions`` hold."""

    node: Node
    conditions: Conditions = ()


@dataclass
class _Speech:
    """What each trigger leads to, found out when it is asked for."""

    ground: Ground
    found: dict[str, tuple[Said, ...]] = field(default_factory=dict)
    left: int = MAX_COMPARED

    def of(self, trigger: TriggerNode) -> tuple[Said, ...]:
        name = trigger.full_name
        if name not in self.found:
            self.found[name] = tuple(_said(self.ground, trigger))
        return self.found[name]


def check_echoes(ground: Ground) -> None:
    """Notes, at the later one, each pair of triggers whose flows both write."""
    speech = _Speech(ground)
    for kind in _KINDS:
        for first, second in combinations(ground.triggers(kind), 2):
            if first.flow != second.flow and _overlap(first, second):
                _check_pair(ground, first, second, speech)


def _check_pair(ground: Ground, first: TriggerNode, second: TriggerNode, speech: _Speech) -> None:
    pairs = product(speech.of(first), speech.of(second))
    narrowed = (*_narrowed(first), *_narrowed(second))
    for one, other in islice(pairs, min(MAX_PAIRS, speech.left)):
        speech.left -= 1
        if one.node is not other.node and _together(ground, one, other, narrowed):
            both = f"{one.node.full_name} and {other.node.full_name} both write"
            where = f"{first.full_name} in line {first.position.line}"
            ground.notes.at_key(path_of(second), CODE, f"this may fire together with {where}: {both}", _HINT)
            return


def _overlap(one: TriggerNode, other: TriggerNode) -> bool:
    """Whether one event may fire both."""
    both = one.narrowing.keys() & other.narrowing.keys()
    return all(not set(one.narrowing[key]).isdisjoint(other.narrowing[key]) for key in both)


def _narrowed(trigger: TriggerNode) -> Iterator[ast.expr]:
    """What the narrowing of a trigger says of names that conditions ask for, too."""
    for key, name in _NAMES.items():
        if wanted := trigger.narrowing.get(key):
            values: list[ast.expr] = [ast.Constant(value=value) for value in wanted]
            yield ast.Compare(left=Source(name).tree, ops=[ast.In()], comparators=[ast.List(elts=values)])


def _said(ground: Ground, trigger: TriggerNode) -> Iterator[Said]:
    """Each message reached within `MAX_STEPS` nodes, with the conditions of one shortest way to it."""
    ways: dict[str, Conditions] = {trigger.full_name: ()}
    waiting = deque(ways)
    while waiting and len(ways) < MAX_STEPS:
        name = waiting.popleft()
        node, conditions = ground.nodes[name], ways[name]
        if isinstance(node, Reply) or (isinstance(node, Communicate) and node.at is None):
            yield Said(node, conditions)
        for following, asked in () if waits(node) else _following(ground, node):
            if following not in ways:
                ways[following] = (*conditions, *asked)
                waiting.append(following)


def _following(ground: Ground, node: Node) -> Iterator[tuple[str, Conditions]]:
    """What comes next, with what must hold for it."""
    if isinstance(node, IfNode):
        tree = condition_of(ground, node)
        ways: Iterable[tuple[str, Conditions]] = ((node.match, (tree,)), (node.otherwise, (negated(tree),)))
    elif isinstance(node, SwitchNode):
        subject = ground.tree(node.subject.source)
        equals = [(way, _equal(subject, value)) for value, way in node.cases]
        other = _none_of([tree for _, tree in equals])
        ways = (*((way, (tree,)) for way, tree in equals), (node.otherwise, (other,)))
    else:
        yield from ((name, ()) for name in ground.ways[node.full_name])
        return
    yield from ((f"{node.flow}.{way}", conditions) for way, conditions in ways if way)


def _equal(subject: ast.expr, value: Value) -> ast.expr | None:
    if not isinstance(value, str | int | bool):
        return None
    return ast.Compare(left=subject, ops=[ast.Eq()], comparators=[ast.Constant(value=value)])


def _none_of(trees: list[ast.expr | None]) -> ast.expr | None:
    """None where one of them is not known."""
    known = [tree for tree in trees if tree is not None]
    return negated(ast.BoolOp(op=ast.Or(), values=known)) if len(known) == len(trees) else None


def _together(ground: Ground, one: Said, other: Said, narrowed: tuple[ast.expr, ...]) -> bool:
    conditions = (*one.conditions, *other.conditions)
    known = [condition for condition in conditions if condition is not None]
    verdict = ground.judge(ast.BoolOp(op=ast.And(), values=[*known, *narrowed]))
    if not one.conditions or not other.conditions:
        return not verdict.never
    return len(known) == len(conditions) and verdict.possible
