"""The ways in which a decision would be otherwise: what counts is told by them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rules.difference import Change


class Otherwise(StrEnum):
    """What differs first."""

    WAY = "way"  # a node is left by another way
    FLOW = "flow"  # a trigger starts its flow, or does not
    EFFECT = "effect"  # the same nodes are walked, and ask for something else
    LOOP = "loop"  # the flows would not come to an end: the event would be parked


@dataclass(frozen=True, slots=True)
class Case:
    """One way in which decisions would be otherwise. ``node`` is where (its full name as it is now, "" where that is no
    node), ``was`` and ``now`` what happened and would happen there; ``because`` the changes that it depends on."""

    campaign: str
    kind: Otherwise
    node: str
    was: str
    now: str
    because: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """One event of a case: ``saw`` are the values that the node's conditions see."""

    event: int
    participant: str
    customer: str
    saw: Mapping[str, Any] = field(default_factory=dict)
    was: str = ""
    now: str = ""


@dataclass
class Found:
    """What belongs to one case: so many decisions, of these participants, with these effects more (or less, below 0)
    than there were, and the first examples."""

    decisions: int = 0
    people: set[str] = field(default_factory=set)
    effects: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def add(self, other: "Found", most: int) -> None:
        """Take in what was found elsewhere, of later events."""
        self.decisions += other.decisions
        self.people |= other.people
        self.effects.update(other.effects)
        self.examples += other.examples[: max(0, most - len(self.examples))]


EFFECTS: Mapping[str, tuple[str, str]] = {  # one, and several
    "JoinCampaign": ("participant", "participants"),
    "LeaveCampaign": ("participant leaves", "participants leave"),
    "SetFields": ("change of fields", "changes of fields"),
    "EnterCampaign": ("participant enters", "participants enter"),
    "HoldFact": ("fact held", "facts held"),
    "ReleaseFacts": ("release of held facts", "releases of held facts"),
    "PlanCommunication": ("communication", "communications"),
    "ChangeCommunication": ("change of a communication", "changes of communications"),
    "SendMessage": ("message", "messages"),
    "CancelMessages": ("cancelled message", "cancelled messages"),
    "ChangeMessage": ("status of a message", "statuses of messages"),
    "SetTimer": ("timer", "timers"),
    "ClearTimer": ("cleared timer", "cleared timers"),
    "FinishParticipant": ("outcome", "outcomes"),
    "StopContact": ("stop of contact", "stops of contact"),
    "KeepRun": ("path that waits", "paths that wait"),
    "DropRun": ("path that goes on", "paths that go on"),
    "PlaceCall": ("call", "calls"),
}
"""What operators call what is asked for."""

TOLD = ("SendMessage", "PlanCommunication", "SetFields", "FinishParticipant", "KeepRun", "PlaceCall", "StopContact")
"""The effects whose number is told to people; the others follow from these."""


def effects_told(effects: Mapping[str, int]) -> str:
    """`12 messages more, 3 outcomes less`; "" where nothing is."""
    parts: Sequence[str] = [_told(name, effects[name]) for name in TOLD if effects.get(name)]
    return ", ".join(parts)


def _told(name: str, number: int) -> str:
    return f"{abs(number):,} {EFFECTS[name][abs(number) != 1]} {'more' if number > 0 else 'less'}"
