"""What a scenario file says, read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from gateway.simulation.people import ADDRESSES
from rules.book import Rulebook
from rules.loader import Project, ProjectChannel
from rules.values import Position

START = datetime(2027, 3, 1, 8, tzinfo=UTC)  # a Monday: when stories begin that do not say
ROOMS = ("general",)

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Step:
    """One step of a story: what it says, ``words`` being what stands at the places of its form by their names, and its
    ``value``, all text as written, but None for null."""

    form: str
    text: str
    words: Mapping[str, str]
    value: Any
    position: Position


class Story(NamedTuple):
    """One story of a file: its name ("" for the only one), when it begins (UTC), and its steps."""

    name: str
    starts: datetime
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Scenario:
    """One file. ``rules`` are texts of rule files by name, ``books`` their rulebooks by campaign, ``people`` their
    identifiers by kind; what ``services`` and ``functions`` answer are rows; other functions that are ``allowed``
    are in the folder ``actions``."""

    file: str
    rules: Mapping[str, bytes]
    books: Mapping[str, Rulebook] = field(repr=False)
    people: Mapping[str, Mapping[str, str]]
    stories: tuple[Story, ...]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    rooms: tuple[str, ...] = ROOMS
    services: Mapping[str, Rows] = field(default_factory=dict)
    functions: Mapping[str, Rows] = field(default_factory=dict)
    actions: Path | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """The project a scenario is played in, where there is one: its channels (names and kinds), services, the functions
    it allows and the folder they are in, and its rule files by name."""

    channels: Mapping[str, str] = field(default_factory=lambda: {"sms": "sms", "slack": "slack"})
    services: frozenset[str] = frozenset()
    allowed: tuple[str, ...] = ()
    actions: Path | None = None
    rules: Mapping[str, bytes] = field(default_factory=dict)

    def project(self, services: Iterable[str], functions: Iterable[str]) -> Project:
        """What rule files may count on, with services and functions that a scenario answers for."""
        channels = {name: ProjectChannel(name, kind, ADDRESSES[kind]) for name, kind in self.channels.items()}
        return Project(channels, self.services | frozenset(services), frozenset((*functions, *self.allowed)))
