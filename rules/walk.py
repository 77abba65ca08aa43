"""From facts to flows: what fires is walked, node by node, until every path has ended or waits."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from rules.book import Flow, Node, TimedNode, TriggerNode
from rules.reaction import Activation, Considered, LoopFound, Visit
from rules.scene import Run
from rules.turn import Path, Turn

MAX_ACTIVATIONS = 50  # flows started by one event
MAX_NODES = 500  # nodes visited for one event
NAMED_IN_REPORT = 10


class Walk:
    """Works off the paths of one turn, oldest first, within the budgets."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._activations = 0
        self._visited: list[Node] = []

    def work_off(self) -> None:
        """Raises `LoopFound` past a budget."""
        while self._turn.paths:
            path = self._turn.paths.popleft()
            self._turn.log.append(self._go_on(path, path.run) if path.run else self._consider(path))

    def _consider(self, path: Path) -> Considered:
        if not path.rulebook.triggers_by_kind[path.fact.trigger]:
            return Considered(path.fact, rules=self._other(path))
        fired = path.rulebook.matcher.match(path.fact)
        return Considered(path.fact, tuple(self._activate(n, path) for n in fired), rules=self._other(path))

    def _other(self, path: Path) -> str:
        """The version of the rule file that the path is walked with, "" for the one in force."""
        hash = path.rulebook.hash
        return "" if hash == self._turn.present.hash else hash

    def _activate(self, trigger: TriggerNode, path: Path) -> Activation:
        self._activations += 1
        if self._activations > MAX_ACTIVATIONS:
            raise LoopFound(self._report(f"more than {MAX_ACTIVATIONS} flows started"))
        self._turn.consider(path)
        flow = path.rulebook.flows[trigger.flow]
        return Activation(trigger.full_name, self._walk(flow, trigger, trigger.visit))

    def _go_on(self, path: Path, run: Run) -> Considered:
        """The path from the node where it waited; one at which it has not begun to wait is visited."""
        self._turn.consider(path)
        flow = path.rulebook.flows[run.flow]
        node = flow.nodes[run.node.partition(".")[2]]
        resumes = bool(run.call) or isinstance(node, TimedNode)
        step = partial(node.resume, answer=path.answer) if resumes else node.visit
        walked = Activation(node.full_name, self._walk(flow, node, step))
        return Considered(path.fact, (walked,), run=run.id, rules=self._other(path))

    def _walk(self, flow: Flow, node: Node, step: Callable[[Turn], str]) -> tuple[Visit, ...]:
        """Every node from this one on; ``step`` is what is done at the first."""
        visits = [self._visit(node, step)]
        while name := visits[-1].next:
            node = flow.nodes[name]
            visits.append(self._visit(node, node.visit))
        return tuple(visits)

    def _visit(self, node: Node, step: Callable[[Turn], str]) -> Visit:
        if len(self._visited) >= MAX_NODES:
            raise LoopFound(self._report(f"more than {MAX_NODES} nodes visited"))
        self._visited.append(node)
        turn = self._turn
        turn.start_visit(node.full_name)
        following = step(turn)
        return Visit(node.full_name, node.position, turn.saw, turn.result, following)

    def _report(self, what: str) -> str:
        """How far it came and the nodes visited again and again, most often first."""
        nodes = {node.full_name: node for node in self._visited}
        times = Counter(node.full_name for node in self._visited)
        often = [f"{name} {n} times ({nodes[name].position})" for name, n in times.most_common() if n > 1]
        more = f", and {len(often) - NAMED_IN_REPORT} more" if len(often) > NAMED_IN_REPORT else ""
        repeated = ", ".join(often[:NAMED_IN_REPORT]) + more
        return f"{what} for one event ({len(self._visited)} nodes visited): {repeated or 'no node twice'}"
