"""What every warning looks at: the rulebook as one graph of nodes, and where things stand in the file."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from rules.actions.communicate import Communicate
from rules.actions.to_another_flow import ToAnotherFlow
from rules.actions.update_field import UpdateField
from rules.agents.base import Agent
from rules.agents.form import Form
from rules.agents.webhook import Webhook
from rules.book import Node, Rulebook, TriggerNode
from rules.facts import Trigger
from rules.grammar import Source
from rules.lint.notes import Notes
from rules.lint.truth import Domains, Effort, Verdict, judge
from rules.loading.vocabulary import vocabulary
from rules.marks import Path
from rules.names import NameInfo
from rules.participants import SOURCE_FLOW
from rules.values import ValueType

Graph = Mapping[str, tuple[str, ...]]
"""Full names of nodes, and those that follow each of them."""


@dataclass(frozen=True)
class Ground:
    """One sound rulebook, and where warnings about it are noted."""

    book: Rulebook
    notes: Notes

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """Every node by its full name, in file order."""
        return {node.full_name: node for flow in self.book.flows.values() for node in flow.nodes.values()}

    @cached_property
    def talks(self) -> tuple[Communicate, ...]:
        """The nodes that begin communications."""
        return tuple(node for node in self.nodes.values() if isinstance(node, Communicate))

    @cached_property
    def names(self) -> Mapping[str, NameInfo]:
        """What is known of the names that expressions and texts use."""
        return vocabulary(self.book.fields, _results(self.book))

    @cached_property
    def ways(self) -> Graph:
        """What follows each node at once or after a wait: along the edges, and into other flows."""
        return {name: tuple(dict.fromkeys((*_edges(node), *self._entered(node)))) for name, node in self.nodes.items()}

    @cached_property
    def _trees(self) -> dict[str, ast.expr]:
        return {}

    @cached_property
    def _effort(self) -> Effort:
        return Effort()

    def judge(self, condition: ast.expr, domains: Domains | None = None) -> Verdict:
        """Whether the condition can be true and false; nothing is claimed once the effort for this file is spent."""
        return judge(condition, self.names, domains or {}, self._effort)

    def tree(self, source: str) -> ast.expr:
        """The tree of an expression of the file."""
        if source not in self._trees:
            self._trees[source] = Source(source).tree
        return self._trees[source]

    @cached_property
    def _triggers(self) -> Mapping[Trigger, tuple[TriggerNode, ...]]:
        kinds: dict[Trigger, list[TriggerNode]] = {}
        for node in self.book.triggers:
            kinds.setdefault(node.when, []).append(node)
        return {kind: tuple(nodes) for kind, nodes in kinds.items()}

    def triggers(self, kind: Trigger) -> tuple[TriggerNode, ...]:
        """The triggers of one kind, in file order."""
        return self._triggers.get(kind, ())

    def _entered(self, node: Node) -> Iterable[str]:
        if not isinstance(node, ToAnotherFlow):
            return ()
        entries = self.triggers(Trigger.FROM_ANOTHER_FLOW)
        return (entry.full_name for entry in entries if entry.flow == node.target)

    def reached(self, starts: Iterable[str]) -> set[str]:
        """These nodes and all that follow them."""
        reached, waiting = set[str](), list(starts)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += self.ways[name]
        return reached

    def fired(self, node: Node) -> Iterable[TriggerNode]:
        """The Participant Updated triggers that an update_field may fire."""
        if not isinstance(node, UpdateField):
            return ()
        names = {name for name, _ in node.set}
        return (trigger for trigger in self.triggers(Trigger.PARTICIPANT_UPDATED) if _takes(trigger, names))

    def of(self, trigger: TriggerNode) -> tuple[Communicate, ...]:
        """The nodes whose communications a trigger hears of."""
        wanted = trigger.narrowing.get("of")
        return self.talks if wanted is None else tuple(node for node in self.talks if node.full_name in wanted)

    def channels_of(self, talk: Communicate) -> tuple[str, ...]:
        """The channels that a communication may be held on."""
        return (talk.channel, *talk.conduct.fallback)

    def kind_of(self, channel: str) -> str:
        """sms or slack; "" for a channel that there is not."""
        used = self.book.channels.get(channel)
        return used.kind if used else ""


def path_of(node: Node, *keys: str | int) -> Path:
    """Where something of a node stands in the file."""
    return ("flows", node.flow, node.name, *keys)


def field_of(name: str) -> str:
    """The field that a name in an expression stands for; "" for results, messages and the like."""
    level, _, field = name.rpartition(".")
    return field if level in ("", "participant", "customer") else ""


def waits(node: Node) -> bool:
    """Whether a path may stand still here."""
    return type(node).resume is not Node.resume


def _edges(node: Node) -> Iterable[str]:
    return (f"{node.flow}.{name}" for name in node.edges.values())


def _takes(trigger: TriggerNode, names: set[str]) -> bool:
    fields, sources = trigger.narrowing.get("field"), trigger.narrowing.get("source")
    return (fields is None or not names.isdisjoint(fields)) and (sources is None or SOURCE_FLOW in sources)


def _results(book: Rulebook) -> Mapping[str, NameInfo]:
    """The results of all agents; what an enumeration of one may be is known where every agent says it."""
    known: dict[str, NameInfo] = {}
    for agent in book.agents.values():
        values = _values(agent)
        for name, kind in agent.results.items():
            info = NameInfo(kind, values.get(name, ()))
            known[name] = _joined(known.get(name, info), info)
    return known


def _values(agent: Agent) -> Mapping[str, tuple[str, ...]]:
    if isinstance(agent, Form):
        return {question.result: question.choices for question in agent.questions}
    return {name: field.values for name, field in agent.recorded.items()} if isinstance(agent, Webhook) else {}


def _joined(one: NameInfo, other: NameInfo) -> NameInfo:
    if one.type is not other.type:
        return NameInfo(ValueType.ANY)
    return NameInfo(one.type, tuple(dict.fromkeys((*one.values, *other.values))) if one.values and other.values else ())
