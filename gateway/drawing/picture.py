"""What a picture of flows shows, wherever it comes to stand: boxes, arrows between them, and a panel for each flow."""

from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """What kind of node a box is; each looks different, in colour and without."""

    TRIGGER = "trigger"
    CONDITION = "condition"
    TALK = "talk"  # begins communications
    WAIT = "wait"  # the path waits here: for a time, or for an answer from outside
    JUMP = "jump"  # leads to another flow
    ACTION = "action"
    FINISH = "finish"
    END = "end"  # no node: where an open branch ends


@dataclass(frozen=True, slots=True)
class Box:
    """One node, or one end. ``key`` is its full name, ``lines`` what it says under its ``title``, ``count`` how many
    came by, ``place`` where it stands in the rule file."""

    key: str
    shape: Shape
    title: str = ""
    lines: tuple[str, ...] = ()
    count: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From box to box, by their keys. ``dashed``: no path goes there, but what one did leads to the other."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One flow."""

    flow: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Flows of one campaign. ``jumps`` lead from one panel to another; ``note`` tells what the counts are of."""

    title: str
    panels: tuple[Panel, ...]
    jumps: tuple[Arrow, ...] = ()
    note: str = ""
