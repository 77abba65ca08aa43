"""A rulebook: one rule file, read and checked, as frozen values. Nothing in it is text to be parsed any more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from rules.contact import NO_LIMITS, Contact
from rules.expressions import Expression
from rules.facts import Trigger
from rules.values import Position, Value, ValueType

if TYPE_CHECKING:
    from rules.agents.base import Agent
    from rules.events import CallAnswered
    from rules.matcher import Matcher
    from rules.turn import Turn

_compiling = Lock()  # cached_property has none of its own from CPython 3.12 on


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One declared field. ``level`` is customer (shared by all campaigns) or participant (this campaign only)."""

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

    @property
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
        decisive = self.how != "all"
        for number, line in enumerate(self.lines, start=1):
            if (turn.evaluate(line) is True) is decisive:
                verb = "holds" if decisive else "does not hold"
                self._tell(turn, f"line {number} {verb}: {' '.join(line.source.split())}")
                return self.match if self.how == "any" else self.otherwise
        self._tell(turn, f"{'none' if decisive else 'each'} of {len(self.lines)} lines holds")
        return self.otherwise if self.how == "any" else self.match

    def _tell(self, turn: "Turn", what: str) -> None:
        """Of one line alone, the way taken says all."""
        if len(self.lines) > 1:
            turn.say_result(what)


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
        return next((node for wanted, node in self.cases if wanted == value), self.otherwise)


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

    @property
    def matcher(self) -> "Matcher":
        """Compiled on first use, and once whichever threads ask: creating a ruleset leaks memory in the engine."""
        with _compiling:
            return self._matcher

    @cached_property
    def _matcher(self) -> "Matcher":
        from rules.matcher import Matcher

        return Matcher(self.triggers)
