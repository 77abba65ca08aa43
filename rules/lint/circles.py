"""W303: nodes that go in a circle without a wait; the event that enters it is given up at `rules.walk.MAX_NODES`.

A wait until a moment that has surely passed (now or today, or so much before) is none.

Three kinds. Edges, and To Another Flow, that come back. An update_field that fires Participant Updated, which leads to
it again: only where the fields may change on each round, for setting the same value twice fires nothing, and only
where no condition on the way asks for those fields. And a communication that is skipped at once (no address, opted
out), whose end begins it anew: only where no condition stands in between.
"""

import ast
from collections.abc import Iterator, Mapping

from rules.actions.update_field import UpdateField
from rules.actions.wait import Wait
from rules.book import IfNode, Node, SwitchNode
from rules.expressions import Expression
from rules.facts import Trigger
from rules.lint.conditions import names_asked
from rules.lint.ground import Graph, Ground, field_of, path_of, waits
from rules.lint.tangles import circle, tangles
from rules.statuses import CommunicationStatus
from rules.walk import MAX_NODES

CODE = "W303"
MAX_NAMED = 8
_HINT = f"put a wait between them, or lead an edge elsewhere: an event is given up after {MAX_NODES} nodes"
_PASSED = 'a wait until now, or a time before, is none: write "for: 1d", or a moment that is yet to come'
_FIRED = "update_field fires participant_updated again: narrow its source, or ask for the field in between"
_SKIPPED = "a communication that is skipped ends at once: narrow the trigger by status, or ask for it in between"


def check_circles(ground: Ground) -> None:
    """Notes each circle once, with its nodes in order."""
    plain = {name: () if _stands(ground, node) else ground.ways[name] for name, node in ground.nodes.items()}
    noted: set[str] = set()
    for graph, hint in ((plain, _HINT), (_with_fired(ground, plain), _FIRED), (_with_skipped(ground, plain), _SKIPPED)):
        for group in tangles(graph):
            if noted.isdisjoint(group):
                noted.update(group)
                _note(ground, circle(graph, group), hint)


def _stands(ground: Ground, node: Node) -> bool:
    """Whether a path may stand still here: for all that is known, the moment that is waited for is yet to come."""
    passed = isinstance(node, Wait) and node.until is not None and _has_passed(ground.tree(node.until.source))
    return waits(node) and not passed


def _has_passed(moment: ast.expr) -> bool:
    match moment:
        case ast.Call(func=ast.Name(id="now" | "today")):
            return True
        case ast.BinOp(op=ast.Sub(), left=left, right=ast.Call(args=[ast.Constant(value=int() | float())])):
            return _has_passed(left)
    return False


def _note(ground: Ground, names: list[str], hint: str) -> None:
    nodes = [ground.nodes[name] for name in names]
    one_flow = len({node.flow for node in nodes}) == 1
    shown = [node.name if one_flow else node.full_name for node in nodes]
    if len(shown) > MAX_NAMED:
        shown = [*shown[: MAX_NAMED - 1], "...", shown[-1]]
    message = f"these nodes go in a circle without a wait: {' -> '.join(shown)}"
    ground.notes.at_key(path_of(nodes[0]), CODE, message, _PASSED if any(map(waits, nodes)) else hint)


def _with_fired(ground: Ground, plain: Graph) -> Graph:
    """The graph with those ways through Participant Updated that can be gone again and again."""
    fired = {name: tuple(t.full_name for t in ground.fired(node)) for name, node in ground.nodes.items()}
    if not any(fired.values()):
        return {}
    whole = {name: (*ways, *fired[name]) for name, ways in plain.items()}
    graph = dict(plain)
    for group in tangles(whole):
        restless = _restless([ground.nodes[name] for name in group])
        for name in group:
            graph[name] = (*plain[name], *_still_fired(ground.nodes[name], ground, restless))
    return graph


def _still_fired(node: Node, ground: Ground, restless: set[str]) -> Iterator[str]:
    if not isinstance(node, UpdateField):
        return
    changing = restless.intersection(name for name, _ in node.set)
    for trigger in ground.fired(node):
        fields = trigger.narrowing.get("field")
        if changing if fields is None else changing.intersection(fields):
            yield trigger.full_name


def _restless(group: list[Node]) -> set[str]:
    """The fields that may change again on each round: set to different values, or to one computed from itself or from
    another field of the circle; and not asked for by any condition of it."""
    values: dict[str, set[object]] = {}
    for node in group:
        for name, value in node.set if isinstance(node, UpdateField) else ():
            values.setdefault(name, set()).add(value)
    asked = {field_of(name) for node in group for name in names_asked(node)}
    return {name for name in values.keys() - asked if _may_change(values, name)}


def _may_change(values: Mapping[str, set[object]], name: str) -> bool:
    formulas = (value for value in values[name] if isinstance(value, Expression))
    computed = any(field_of(used) in values for formula in formulas for used in formula.names)
    return computed or len(values[name]) > 1


def _with_skipped(ground: Ground, plain: Graph) -> Graph:
    """The ways that are gone whatever the conditions say, and from a communication to what fires when it is skipped."""
    skipped: dict[str, list[str]] = {}
    for trigger in ground.triggers(Trigger.COMMUNICATION_ENDED):
        if CommunicationStatus.SKIPPED in trigger.narrowing.get("status", (CommunicationStatus.SKIPPED,)):
            for talk in ground.of(trigger):
                skipped.setdefault(talk.full_name, []).append(trigger.full_name)
    sure = {n: () if isinstance(ground.nodes[n], IfNode | SwitchNode) else ways for n, ways in plain.items()}
    return {name: (*ways, *skipped.get(name, ())) for name, ways in sure.items()}
