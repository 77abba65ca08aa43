"""A rulebook: one rule file, read and checked, as frozen values. Nothing in it is text to be parsed any more."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from rules.contact import NO_LIMITS, Contact
from rules.expressions import Expression
from rules.facts import Trigger
from rules.local import placed
from rules.values import Position, Value, ValueType

if TYPE_CHECKING:
    from rules.agents.base import Agent
    from rules.events import CallAnswered
    from rules.matcher import Matcher
    from rules.turn import Turn

_compiling = Lock()  # cached_property has none of its own from CPython 3.12 on


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One declared field. ``level`` is customer (shared by all campaigns) or participant (this campaign only).

    A moment that is the ``default`` may be local (see `rules.local`): it is that time where the participant is.
    """

    name: str
    type: ValueType
    level: str = "participant"
    title: str = ""
    description: str = ""
    imported: bool = True
    required: bool = False
    default: Value = None
    values: tuple[str, ...] = ()
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel of the project as one campaign uses it.

    ``name`` is its name in the settings, ``kind`` sms or slack, ``identifier`` the customer identifier that is an
    address on it (phone, slack); ``enroll``: an unknown sender joins this campaign.
    """

    name: str
    kind: str
    identifier: str
    enroll: bool = False

    @property
    def has_buttons(self) -> bool:
        """Whether choices are shown as buttons there."""
        return self.kind == "slack"


@dataclass(frozen=True, kw_only=True)
class Node:
    """One step of a flow. ``visit`` does its work and returns the name of the next node, "" where the path ends."""

    name: str
    flow: str
    position: Position

    @cached_property
    def full_name(self) -> str:
        return f"{self.flow}.{self.name}"

    @property
    def edges(self) -> Mapping[str, str]:
        """The ways out that lead somewhere: edge name to node name."""
        return {}

    def visit(self, turn: "Turn") -> str:
        raise TypeError(f"{type(self).__name__} is not a node that can be visited")

    def resume(self, turn: "Turn", answer: "CallAnswered | None") -> str:
        """Go on after the path has waited here: ``answer`` is what a call came to, None where the time has come.

        Returns the name of the next node, "" where the path ends.
        """
        raise TypeError(f"{type(self).__name__} is not a node that waits")


@dataclass(frozen=True, kw_only=True)
class TriggerNode(Node):
    """Where a flow starts. ``narrowing`` maps of, status, channel, keyword, field, source to the values allowed;
    ``takes`` are the values that From Another Flow is handed, named `input.NAME` in its flow."""

    when: Trigger
    narrowing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    takes: Mapping[str, Field] = field(default_factory=dict)
    next: str = ""

    @cached_property
    def conditions(self) -> tuple[tuple[str, frozenset[str], str], ...]:
        """What a fact of the type must meet to fire this: a narrowing, the values allowed, and these in words."""
        flow = {"flow": (self.flow,)} if self.when is Trigger.FROM_ANOTHER_FLOW else {}
        narrowing = {**self.narrowing, **flow}
        return tuple((name, frozenset(wanted), ", ".join(wanted)) for name, wanted in narrowing.items())

    @property
    def edges(self) -> Mapping[str, str]:
        return {"next": self.next} if self.next else {}

    def visit(self, turn: "Turn") -> str:
        return self.next


@dataclass(frozen=True, kw_only=True)
class IfNode(Node):
    """Two ways: `match` where all, any or none of the lines hold (``how``), `else` for anything else.

    A line holds where its value is true; an unset value is not. Lines are looked at in order, until one decides.
    """

    lines: tuple[Expression, ...]
    how: str = "all"
    match: str = ""
    otherwise: str = ""

    @property
    def edges(self) -> Mapping[str, str]:
        return {k: v for k, v in (("match", self.match), ("else", self.otherwise)) if v}

    def visit(self, turn: "Turn") -> str:
        line = self._deciding(turn)
        if len(self.lines) > 1:  # of one line alone, the way taken says all
            turn.say_result(self._result(line))
        return self.match if (line is not None) is (self.how == "any") else self.otherwise

    def _deciding(self, turn: "Turn") -> Expression | None:
        decisive = self.how != "all"
        for line in self.lines:
            if (turn.evaluate(line) is True) is decisive:
                return line
        return None

    def _result(self, line: Expression | None) -> str:
        if line is None:
            return f"{'each' if self.how == 'all' else 'none'} of {len(self.lines)} lines holds"
        verb = "does not hold" if self.how == "all" else "holds"
        return f"line {self.lines.index(line) + 1} {verb}: {' '.join(line.source.split())}"


@dataclass(frozen=True, kw_only=True)
class SwitchNode(Node):
    """One way for each value; `else` for any other."""

    subject: Expression
    cases: tuple[tuple[Value, str], ...]
    otherwise: str = ""

    @property
    def edges(self) -> Mapping[str, str]:
        ways = {f"cases.{value}": node for value, node in self.cases}
        return {k: v for k, v in (*ways.items(), ("else", self.otherwise)) if v}

    def visit(self, turn: "Turn") -> str:
        value = turn.evaluate(self.subject)
        if isinstance(value, datetime):
            return self._at(value, turn.scope.zone)
        return next((node for wanted, node in self.cases if wanted == value), self.otherwise)

    def _at(self, moment: datetime, zone: tzinfo) -> str:
        """The way at that moment: cases without an offset are on the participant's clocks, those of ``zone``."""
        return next((node for wanted, node in self.cases if placed(wanted, zone) == moment), self.otherwise)


@dataclass(frozen=True, kw_only=True)
class Action(Node):
    """A node that asks for effects. One file each in `rules/actions/`."""

    next: str = ""

    @property
    def edges(self) -> Mapping[str, str]:
        return {"next": self.next} if self.next else {}


@dataclass(frozen=True, kw_only=True)
class TimedNode(Action):
    """A node at which a path waits for a time to come, not for an answer."""

    def due(self, turn: "Turn") -> datetime | None:
        """When a path that waits here from now on goes on (UTC), past times included; None while nobody can tell."""
        raise TypeError(f"{type(self).__name__} does not say when it goes on")

    @property
    def due_by(self) -> frozenset[str]:
        """The names of the fields that `due` depends on."""
        return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Nodes by name, in file order."""

    name: str
    nodes: Mapping[str, Node]
    position: Position


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """One campaign. ``hash`` is the SHA-256 of the file's text; ``region`` (ISO 3166) reads national phone numbers.

    ``contact`` are the limits that every communication keeps to; ``talks_named`` the full names of the communicate
    nodes whose last communication expressions name.
    """

    campaign: str
    hash: str
    file: str
    title: str = ""
    timezone: str = "UTC"
    region: str = ""
    contact: Contact = NO_LIMITS
    talks_named: frozenset[str] = frozenset()
    fields: Mapping[str, Field] = field(default_factory=dict)
    agents: Mapping[str, "Agent"] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)

    @cached_property
    def triggers(self) -> tuple[TriggerNode, ...]:
        """Every trigger node, in file order."""
        return tuple(n for f in self.flows.values() for n in f.nodes.values() if isinstance(n, TriggerNode))

    @cached_property
    def triggers_by_kind(self) -> Mapping[Trigger, tuple[TriggerNode, ...]]:
        """The trigger nodes of each type, in file order."""
        return {kind: tuple(node for node in self.triggers if node.when is kind) for kind in Trigger}

    @cached_property
    def field_names(self) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        """By level: every name that stands for one of its fields (`due_date`, `participant.due_date`), and the field of
        each; customer fields are the participant's, too."""
        return {level: _names_of(self.fields.values(), level) for level in ("customer", "participant")}

    @cached_property
    def names_of_field(self) -> Mapping[str, tuple[str, ...]]:
        """By field: the names that stand for it."""
        return {field.name: tuple(_names(field)) for field in self.fields.values()}

    @property
    def matcher(self) -> "Matcher":
        """Compiled on first use, and once whichever threads ask: creating a ruleset leaks memory in the engine."""
        with _compiling:
            return self._matcher

    @cached_property
    def _matcher(self) -> "Matcher":
        from rules.matcher import Matcher

        return Matcher(self.triggers)


def _names_of(fields: Iterable[Field], level: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = [(name, field.name) for field in fields if field.level == level for name in _names(field)]
    return tuple(name for name, _ in names), tuple(field for _, field in names)


def _names(field: Field) -> Iterator[str]:
    prefixes = ("", "participant.", "customer.") if field.level == "customer" else ("", "participant.")
    return (prefix + field.name for prefix in prefixes)
