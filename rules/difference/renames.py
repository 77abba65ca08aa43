"""Parts that are in both files, under different names."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from rules.agents.base import Agent
from rules.book import Flow, Node, Rulebook
from rules.difference.meaning import meaning

EDGES = frozenset({"next", "match", "otherwise", "failed", "cases"})
OWN = frozenset({"flow", "name"})
Signs = Mapping[str, str]
"""By the name of each part, what is to be the same where only the name is another."""

P = TypeVar("P")


@dataclass(frozen=True)
class Renames:
    """Old names to new ones; nodes by their full names. All that keep their name are left out."""

    agents: Mapping[str, str] = field(default_factory=dict)
    flows: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)

    def of(self, what: str, name: str) -> str:
        """The new name of an agent, a flow or a node."""
        names = {"agent": self.agents, "flow": self.flows, "node": self.nodes}.get(what, {})
        return names.get(name, name)

    def meant(self, key: str, flow: str, value: object) -> object:
        """A value of an old node under ``key`` as the new file would say it."""
        if not isinstance(value, str):
            return value
        if key in ("agent", "flow"):
            return self.of(key, value)
        if key == "of":
            return self.of("node", value) if "." in value else self._in_flow(flow, value)
        return self._in_flow(flow, value) if key in ("next", "match", "else", "failed", "cases") else value

    def _in_flow(self, flow: str, name: str) -> str:
        return self.of("node", f"{flow}.{name}").partition(".")[2]


def renames(old: Rulebook, new: Rulebook) -> Renames:
    """What is gone and what is new are one thing where nothing else is like either of them."""
    agents = _paired(_signs(old.agents, _agent), _signs(new.agents, _agent))
    flows = _paired(_signs(old.flows, _flow), _signs(new.flows, _flow))
    nodes: dict[str, str] = {}
    for flow in old.flows.values():
        if other := new.flows.get(flows.get(flow.name, flow.name)):
            pairs = {name: name for name in flow.nodes if name in other.nodes and flow.name != other.name}
            pairs |= _paired(_signs(flow.nodes, partial(_node, agents)), _signs(other.nodes, partial(_node, {})))
            nodes |= {f"{flow.name}.{before}": f"{other.name}.{after}" for before, after in pairs.items()}
    return Renames(agents, flows, nodes)


def _paired(old: Signs, new: Signs) -> dict[str, str]:
    """The only one of its sign that is gone, and the only one of that sign that is new."""
    gone = _alone({name: sign for name, sign in old.items() if name not in new})
    come = _alone({name: sign for name, sign in new.items() if name not in old})
    return {name: come[sign] for sign, name in gone.items() if sign in come}


def _alone(signs: Signs) -> dict[str, str]:
    """Names by sign, of those that no other has."""
    times = Counter(signs.values())
    return {sign: name for name, sign in signs.items() if times[sign] == 1}


def _signs(parts: Mapping[str, P], sign: Callable[[P], object]) -> Signs:
    return {name: repr(sign(part)) for name, part in parts.items()}


def _agent(agent: Agent) -> object:
    return meaning(agent, OWN)


def _flow(flow: Flow) -> object:
    return tuple(flow.nodes)


def _node(agents: Mapping[str, str], node: Node) -> object:
    """What it does, wherever it leads to."""
    cases = tuple(case for case, _ in getattr(node, "cases", ()))
    agent = getattr(node, "agent", "")
    return (meaning(node, OWN | EDGES | {"agent"}), cases, agents.get(agent, agent))
