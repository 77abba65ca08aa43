"""Names of the talks that a certain node began: `results.NODE.NAME` and `communication.NODE.status`."""

from collections.abc import Iterator, Mapping

from rules.actions.communicate import CommunicateSpec
from rules.loading.known import AgentPiece, Flows, NodePiece
from rules.loading.words import hint_for
from rules.names import NameInfo, NameRefused
from rules.values import ValueType

ANYTHING = NameInfo(ValueType.ANY)


class Vocabulary(Mapping[str, NameInfo]):
    """``plain`` names, and those of talks, which are looked for only when they are asked for: there are very many.

    NODE stands bare where one communicate node of the file is so named, else as FLOW.NODE. Iterating goes over the
    plain names. ``named`` collects the full names of the nodes that were asked for.
    """

    def __init__(self, plain: Mapping[str, NameInfo], talks: "Talks", named: set[str]) -> None:
        self._plain, self._talks, self._named = plain, talks, named

    def __getitem__(self, name: str) -> NameInfo:
        """Raises NameRefused for a talk's name or a value taken that is not to be had, KeyError for any other name."""
        if name in self._plain:
            return self._plain[name]
        kind, *rest = name.split(".")
        if kind == "input":
            raise self._not_taken(name)
        if kind not in ("results", "communication") or len(rest) not in (2, 3):
            raise KeyError(name)
        *node, what = rest
        piece = self._talks.find(kind, node, what)
        info = self._talks.info(piece, kind, what)
        self._named.add(f"{piece.flow}.{piece.name}")
        return info

    def _not_taken(self, name: str) -> NameRefused:
        taken = [known for known in self._plain if known.startswith("input.")]
        how = "only a flow that takes a value names it: {when: from_another_flow, takes: {my_value: {type: string}}}"
        return NameRefused(f'there is no "{name}" here', hint_for(name, taken, "values taken") if taken else how)

    def __iter__(self) -> Iterator[str]:
        return iter(self._plain)

    def __len__(self) -> int:
        return len(self._plain)

    def also(self, names: Mapping[str, NameInfo]) -> "Vocabulary":
        """This vocabulary with further plain names."""
        return Vocabulary({**self._plain, **names}, self._talks, self._named)


class Talks:
    """The communicate nodes of one file, and what is known of the talks they begin (``properties`` of all of them)."""

    def __init__(self, agents: Mapping[str, AgentPiece], flows: Flows, properties: Mapping[str, NameInfo]) -> None:
        self._agents, self._flows, self._properties = agents, flows, properties

    def find(self, kind: str, node: list[str], what: str) -> NodePiece:
        """The node that is named, alone or behind its flow; raises NameRefused."""
        *flow, name = node
        if flow and flow[0] not in self._flows:
            raise NameRefused(f'there is no flow "{flow[0]}"', hint_for(flow[0], self._flows, "flows"))
        named = [of[name] for key, of in self._flows.items() if name in of and flow in ([], [key])]
        talks = [piece for piece in named if _may_talk(piece)]
        if not named:
            raise NameRefused(
                f'there is no node "{".".join(node)}"', hint_for(name, self._names(), "communicate nodes")
            )
        if not talks:
            hint = hint_for("", self._names(), "communicate nodes")
            raise NameRefused(f'"{name}" begins no communication: it is not a communicate node', hint)
        if len(talks) > 1:
            full = " or ".join(f"{kind}.{piece.flow}.{name}.{what}" for piece in talks[:3])
            raise NameRefused(f'"{name}" is a node of {len(talks)} flows', f"write {full}")
        return talks[0]

    def info(self, piece: NodePiece, kind: str, what: str) -> NameInfo:
        """What is known of that value of a talk of the node; raises NameRefused."""
        if kind == "communication":
            return self._known(what, self._properties, f'a communication that is named has no "{what}"', "it has")
        agent = self._agents.get(piece.spec.agent) if isinstance(piece.spec, CommunicateSpec) else None
        if agent is None or agent.spec is None or not agent.whole:
            return ANYTHING
        results = {name: info for _, name, info in agent.spec.results()}
        return self._known(what, results, f'the agent "{agent.name}" of "{piece.name}" records no "{what}"', "results")

    def _known(self, what: str, known: Mapping[str, NameInfo], message: str, words: str) -> NameInfo:
        if what not in known:
            raise NameRefused(message, hint_for(what, known, words))
        return known[what]

    def _names(self) -> list[str]:
        return list(dict.fromkeys(p.name for of in self._flows.values() for p in of.values() if _may_talk(p)))


def _may_talk(piece: NodePiece) -> bool:
    """Whether it is a communicate node, or so misshapen that it may have been meant to be one."""
    return piece.kind in ("communicate", "")
