"""What one event has led to."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gateway.scenes import Place, Scenes
from rules.events import Event
from rules.react import react
from rules.reaction import Reaction
from rules.scene import Scene
from storage.values import WaitingEvent


class Reacted(NamedTuple):
    """What was decided at one place, and what it was decided from: what `react` was given but for the moment, ``rules``
    being the content hash of the rulebook in force."""

    place: Place
    reaction: Reaction
    event: Event
    scene: Scene
    rules: str


Reactions = tuple[Reacted, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What one event led to, place by place; ``note`` says why it led to nothing.

    ``heard`` is the communication (and its place) that an inbound message answers; ``overheard`` a message that is
    none of our business and leaves no trace but its event; ``too_early`` a timer that stands as before.
    """

    event: WaitingEvent
    reactions: Reactions = ()
    customer: str = ""
    note: str = ""
    heard: tuple[Place, str] | None = None
    overheard: bool = False
    too_early: bool = False


def react_at(scenes: Scenes, place: Place, event: Event, now: datetime) -> Reactions:
    """What ``event`` leads to at one place. Raises `NoRulebook`, before anything has changed, and `LoopFound`."""
    book, scene = scenes.rulebooks.of(place.campaign), scenes.at(place)
    reaction = react(book, event, scene, now)
    scenes.keep(place, reaction)
    return (Reacted(place, reaction, event, scene, book.hash),)


def event_id(event: WaitingEvent, place: Place) -> str:
    """Unique for ever and for each campaign that decides the event."""
    return f"{event.key}/{place.campaign}"
