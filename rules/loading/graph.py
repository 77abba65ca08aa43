"""Whether the nodes of each flow hang together: edges, triggers, and what is never reached."""

from collections import Counter
from collections.abc import Iterable, Mapping

from rules.book import TriggerNode
from rules.loading.known import Flows, NodePiece
from rules.loading.mistakes import Mistakes
from rules.loading.words import hint_for
from rules.matcher import MAX_LISTS_OF_A_KIND, MAX_TRIGGERS, MAX_TRIGGERS_OF_A_KIND, NarrowingList, lists_of

Nodes = Mapping[str, NodePiece]


def check_flow(flow: str, flows: Flows, mistakes: Mistakes) -> None:
    """Notes a flow without a trigger, edges that lead nowhere, and nodes that nothing leads to.

    Nodes out of reach are noted only where no other mistake explains them.
    """
    nodes = flows[flow]
    sound = [_check_edges(node, flows, mistakes) for node in nodes.values()]
    if not any(node.word in ("", "when") for node in nodes.values()):
        hint = "add a node that begins with when, such as {when: participant_created, next: ...}"
        mistakes.at_key(("flows", flow), "E206", f'the flow "{flow}" has no trigger', hint)
    elif all(sound) and mistakes.all_read:
        _check_reach(nodes, mistakes)


def _check_edges(node: NodePiece, flows: Flows, mistakes: Mistakes) -> bool:
    """Whether the node is well-formed and every way out of it leads to a node that may be entered."""
    if node.spec is None:
        return False
    targets = [_check_edge(node, key, name, flows, mistakes) for key, name in node.spec.ways().items()]
    return node.whole and all(targets)


def _check_edge(node: NodePiece, key: tuple[str | int, ...], target: str, flows: Flows, mistakes: Mistakes) -> bool:
    nodes, path = flows[node.flow], node.path + key
    if target not in nodes:
        mistakes.at_value(path, "E201", f'there is no node "{target}"', _node_hint(target, node.flow, flows))
        return False
    if nodes[target].word == "when":
        hint = "a trigger starts a flow and is never entered: lead to the node after it"
        mistakes.at_value(path, "E210", f'"{target}" is a trigger: no edge can lead there', hint)
        return False
    return True


def _node_hint(target: str, flow: str, flows: Flows) -> str:
    elsewhere = next((name for name, nodes in flows.items() if target in nodes), "")
    if elsewhere:
        return f'it is in the flow "{elsewhere}"; only to_another_flow leads to another flow'
    if target in flows:
        return f'"{target}" is a flow: use {{do: to_another_flow, flow: {target}}}'
    return hint_for(target, flows[flow], "nodes of this flow")


def _check_reach(nodes: Nodes, mistakes: Mistakes) -> None:
    """One mistake for each tangle of nodes out of reach, at its beginning."""
    left = set(nodes) - _reached(nodes, (name for name, node in nodes.items() if node.word == "when"))
    entered = {way for name in left for way in _ways(nodes[name]) if way != name}
    for name in sorted(left, key=lambda name: (name in entered, list(nodes).index(name))):
        if name in left:
            hint = "lead an edge to it, or remove it"
            mistakes.at_key(nodes[name].path, "E213", f'the node "{name}" is never reached', hint)
            left -= _reached(nodes, [name])


def _reached(nodes: Nodes, starts: Iterable[str]) -> set[str]:
    reached, waiting = set[str](), list(starts)
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in reached:
            reached.add(name)
            waiting += _ways(nodes[name])
    return reached


def _ways(node: NodePiece) -> list[str]:
    return list(node.spec.ways().values()) if node.spec else []


def check_triggers(triggers: list[TriggerNode], mistakes: Mistakes) -> None:
    """Notes a trigger that stands twice in a flow with the same narrowing, and more triggers than the engine takes."""
    first: dict[object, TriggerNode] = {}
    for node in triggers:
        narrowing = frozenset((key, frozenset(values)) for key, values in node.narrowing.items())
        before = first.setdefault((node.flow, node.when, narrowing), node)
        if before is not node:
            how = "with the same narrowing" if narrowing else "without narrowing"
            message = f'{node.when.value} {how} is there already, as "{before.name}" in line {before.position.line}'
            mistakes.at_key(("flows", node.flow, node.name), "E207", message, "narrow one of them, or remove it")
    _check_limits(triggers, mistakes)
    _check_lists(triggers, mistakes)


def _check_limits(triggers: list[TriggerNode], mistakes: Mistakes) -> None:
    seen: Counter[str] = Counter()
    for number, node in enumerate(triggers, start=1):
        seen[node.when.value] += 1
        path = ("flows", node.flow, node.name)
        if seen[node.when.value] == MAX_TRIGGERS_OF_A_KIND + 1:
            message = f"more than {MAX_TRIGGERS_OF_A_KIND} triggers of the type {node.when.value}"
            mistakes.at_key(path, "E112", message, "split the campaign, or lead several cases through one trigger")
        elif number == MAX_TRIGGERS + 1:
            message = f"more than {MAX_TRIGGERS} triggers in one campaign"
            mistakes.at_key(path, "E112", message, "split the campaign")


def _check_lists(triggers: list[TriggerNode], mistakes: Mistakes) -> None:
    """Notes, once for a trigger type, the trigger whose lists are more than the engine takes."""
    lists: dict[str, set[NarrowingList]] = {}
    for node in triggers:
        kind, path = node.when.value, ("flows", node.flow, node.name)
        of_kind = lists.setdefault(kind, set())
        before = len(of_kind)
        of_kind.update(lists_of(node))
        if before <= MAX_LISTS_OF_A_KIND < len(of_kind):
            message = f"triggers of the type {kind} are narrowed to more than {MAX_LISTS_OF_A_KIND} different lists"
            mistakes.at_key(path, "E112", message, "use the same list in several triggers, or split the campaign")
