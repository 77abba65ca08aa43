"""Journeys: scenario files (docs/reference/scenarios.md), read by the product's own reader, to be played on a gateway
that is run whole: over HTTP, with the providers' own libraries, on each database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway.scenarios.reading import read_scenario
from gateway.scenarios.values import Surroundings
from rules.loader import report
from tests.gateway.running import START

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
COOKBOOK = ROOT / "docs" / "cookbook"
SCENARIOS = COOKBOOK / "scenarios"
ROOMS = ("general", "billing")


@dataclass(frozen=True)
class Journey:
    """One story of one file, read. ``starts`` is UTC; ``services`` hold their answers as JSON values."""

    name: str
    people: Mapping[str, Mapping[str, str]]
    rules: tuple[str, ...]
    story: tuple[tuple[str, Any], ...]
    starts: datetime = START
    clock: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    rooms: tuple[str, ...] = ROOMS
    services: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    allow: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    def at(self, local: str) -> datetime:
        """The moment (UTC) when the story's clock shows this."""
        return datetime.fromisoformat(local).replace(tzinfo=self.clock).astimezone(UTC)


def read_journeys(folder: Path = FOLDER) -> list[Journey]:
    """Every story of every file of the folder."""
    return [journey for path in sorted(folder.glob("*.yaml")) for journey in read_file(path)]


def read_file(path: Path) -> list[Journey]:
    """The stories of one file. All values are text, but for what services answer."""
    return list(_journeys(path))


def _journeys(path: Path) -> Iterator[Journey]:
    read = read_scenario(str(path), path.read_bytes(), Surroundings())
    assert read.scenario is not None, report(read.found, read.texts)
    scenario = read.scenario
    for name, starts, steps in scenario.stories:
        yield Journey(
            f"{path.stem}: {name}" if name else path.stem,
            people=scenario.people,
            rules=tuple(text.decode() for text in scenario.rules.values()),
            story=tuple((step.text, "" if step.value is None else step.value) for step in steps),
            starts=starts,
            clock=scenario.zone,
            rooms=tuple(dict.fromkeys((*scenario.rooms, *ROOMS))),
            services=scenario.services,
            allow=scenario.allowed,
        )
