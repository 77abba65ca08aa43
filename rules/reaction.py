"""The answer of `react`: what must happen, how the scene looks then, and why.

Of the parts of the log there are many to an event: they are named tuples, which take half the time to make.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from rules.effects import Effect
from rules.facts import Fact
from rules.scene import Scene
from rules.values import Position, Values


class Applied(StrEnum):
    """What became of the event itself."""

    APPLIED = "applied"
    CREATED = "created"  # a participant given by API or import is new
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"  # a receipt or timer that came too late to matter; kept, changes nothing
    UNKNOWN = "unknown"  # it is about nothing we know


class Visit(NamedTuple):
    """One node walked: the values its conditions saw and the way out it took ("" ends the flow)."""

    node: str
    position: Position
    saw: Values
    result: str
    next: str


class NotFired(NamedTuple):
    """A trigger node of the fact's kind that did not fire: the first narrowing that failed and the value it saw."""

    node: str
    narrowing: str
    wanted: str
    saw: str


class Activation(NamedTuple):
    """One flow started by one fact, and every node it went through."""

    trigger: str
    visits: tuple[Visit, ...]


class Considered(NamedTuple):
    """One fact and the activations it caused in file order. Why others of its kind stayed silent: `rules.silent`.

    ``run`` is the id of a path that has waited and goes on: ``fact`` is then what once started it, and its activation
    begins at the node where it waited. "": the fact was raised now. ``rules`` is the content hash of the rule file that
    it was worked off with where that is not the one in force, else "".
    """

    fact: Fact
    activations: tuple[Activation, ...] = ()
    run: str = ""
    rules: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one event leads to. ``log`` holds the facts in the order in which they were worked off."""

    applied: Applied
    scene: Scene
    effects: tuple[Effect, ...] = ()
    log: tuple[Considered, ...] = ()
    note: str = ""


class LoopFound(Exception):
    """An event went past a budget (`MAX_ACTIVATIONS`, `MAX_NODES`); says how far it came and names the nodes."""
