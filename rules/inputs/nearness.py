"""How far the places where somebody waits are from the nodes that are to be reached."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping

from rules.actions.to_another_flow import ToAnotherFlow
from rules.book import Node, Rulebook
from rules.conduct import Contacting
from rules.facts import Trigger
from rules.inputs.play import State
from rules.ways import Way

FAR = 20
_ENDS = (Trigger.COMMUNICATION_ENDED, Trigger.COMMUNICATION_UPDATED)


class Nearness:
    """``to`` tells it of a state; it is reckoned anew where other ways are left to be found."""

    def __init__(self, book: Rulebook) -> None:
        self._before = _turned(_following(book))
        self._ways: frozenset[Way] = frozenset()
        self._steps: Mapping[str, int] = {}

    def to(self, ways: Collection[Way], state: State) -> int:
        """The fewest nodes between a place where the person waits, or talks, and one of the ways; at most `FAR`."""
        if self._ways != (wanted := frozenset(ways)):
            self._ways, self._steps = wanted, _steps({way.node for way in wanted}, self._before)
        talks = (talk.node for talk in state.scene.communications if talk.is_open)
        places = (*(run.node for run in state.scene.runs), *talks)
        return min((self._steps.get(place, FAR) for place in places), default=FAR)


def _following(book: Rulebook) -> Iterator[tuple[str, str]]:
    """Pairs of nodes of which the second may follow the first, at once or later."""
    for flow in book.flows.values():
        for node in flow.nodes.values():
            yield from ((node.full_name, f"{node.flow}.{target}") for target in node.edges.values())
            yield from ((node.full_name, fired) for fired in _fired(book, node))


def _fired(book: Rulebook, node: Node) -> Iterable[str]:
    if isinstance(node, ToAnotherFlow):
        entries = book.triggers_by_kind[Trigger.FROM_ANOTHER_FLOW]
        return (entry.full_name for entry in entries if entry.flow == node.target)
    if isinstance(node, Contacting):
        hearing = (trigger for kind in _ENDS for trigger in book.triggers_by_kind[kind])
        return (t.full_name for t in hearing if node.full_name in t.narrowing.get("of", (node.full_name,)))
    return ()


def _turned(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """By node: those before it."""
    before: dict[str, list[str]] = {}
    for one, other in pairs:
        before.setdefault(other, []).append(one)
    return before


def _steps(goals: Collection[str], before: Mapping[str, list[str]]) -> Mapping[str, int]:
    steps = dict.fromkeys(goals, 0)
    waiting = deque(goals)
    while waiting:
        node = waiting.popleft()
        for earlier in before.get(node, ()):
            if earlier not in steps:
                steps[earlier] = steps[node] + 1
                waiting.append(earlier)
    return steps
