"""From facts to flows: what fires is walked, node by node, until every path has ended."""

from collections import Counter

from rules.book import Node, TriggerNode
from rules.facts import Fact
from rules.matcher import why_not
from rules.reaction import Activation, Considered, LoopFound, NotFired, Visit
from rules.turn import Turn

MAX_ACTIVATIONS = 50  # flows started by one event
MAX_NODES = 500  # nodes visited for one event
NAMED_IN_REPORT = 10


class Walk:
    """Works off the facts of one turn, oldest first, within the budgets."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._activations = 0
        self._visited: Counter[str] = Counter()
        self._nodes: dict[str, Node] = {}

    def work_off(self) -> None:
        """Raises `LoopFound` past a budget."""
        while self._turn.facts:
            fact = self._turn.facts.popleft()
            fired = self._turn.rulebook.matcher.match(fact)
            self._turn.log.append(Considered(fact, tuple(self._activate(n, fact) for n in fired), self._silent(fact)))

    def _silent(self, fact: Fact) -> tuple[NotFired, ...]:
        candidates = (node for node in self._turn.rulebook.triggers if node.when is fact.trigger)
        return tuple(reason for reason in (why_not(node, fact) for node in candidates) if reason is not None)

    def _activate(self, trigger: TriggerNode, fact: Fact) -> Activation:
        self._activations += 1
        if self._activations > MAX_ACTIVATIONS:
            raise LoopFound(self._report(f"more than {MAX_ACTIVATIONS} flows started"))
        self._turn.consider(fact)
        flow = self._turn.rulebook.flows[trigger.flow]
        visits: list[Visit] = []
        name = trigger.name
        while name:
            visits.append(self._visit(flow.nodes[name]))
            name = visits[-1].next
        return Activation(trigger.full_name, tuple(visits))

    def _visit(self, node: Node) -> Visit:
        if self._visited.total() >= MAX_NODES:
            raise LoopFound(self._report(f"more than {MAX_NODES} nodes visited"))
        self._visited[node.full_name] += 1
        self._nodes[node.full_name] = node
        self._turn.start_visit()
        following = node.visit(self._turn)
        return Visit(node.full_name, node.position, self._turn.saw, self._turn.result, following)

    def _report(self, what: str) -> str:
        """How far it came and the nodes visited again and again, most often first."""
        repeats = ((self._nodes[name], times) for name, times in self._visited.most_common() if times > 1)
        often = [f"{node.full_name} {times} times ({node.position})" for node, times in repeats]
        more = f", and {len(often) - NAMED_IN_REPORT} more" if len(often) > NAMED_IN_REPORT else ""
        repeated = ", ".join(often[:NAMED_IN_REPORT]) + more
        return f"{what} for one event ({self._visited.total()} nodes visited): {repeated or 'no node twice'}"
