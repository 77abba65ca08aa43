"""Journeys: whole conversations in YAML, read from their files.

A file holds `people` (a phone number, a Slack user id, or both), `rules` (rule files as text) or `rule_file` (one of
the project's own), and `story`, a list of steps, or `stories`, several of them by name. It may also say:

    starts at     when it begins, `2027-03-01 09:00`, or for each story by its name
    clock         the time zone of that, and of the steps that name a time (UTC unless told)
    rooms         the Slack channels there are (general and billing unless told)
    services      the outside services: for each the answers it gives (see `tests.journeys.services`)
    allow         the functions of docs/cookbook/actions that rules may run
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from tests.gateway.running import START

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
COOKBOOK = ROOT / "docs" / "cookbook"
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
    services: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
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
    text = path.read_text("utf-8")
    data = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - builds nothing but text
    services = yaml.safe_load(text).get("services", {})
    if "story" in data:
        return [_journey(path.stem, data, data["story"], data.get("starts at", ""), services)]
    starts = data.get("starts at", {})
    return [
        _journey(f"{path.stem}: {name}", data, story, starts if isinstance(starts, str) else starts[name], services)
        for name, story in data["stories"].items()
    ]


def _journey(
    name: str, data: Mapping[str, Any], story: list[Any], starts: str, services: Mapping[str, list[dict[str, Any]]]
) -> Journey:
    rules = [(ROOT / data["rule_file"]).read_text("utf-8")] if "rule_file" in data else data["rules"]
    clock = ZoneInfo(data.get("clock", "UTC"))
    return Journey(
        name,
        people={person: _identifiers_of(given) for person, given in data["people"].items()},
        rules=tuple(rules),
        story=tuple(next(iter(step.items())) if isinstance(step, dict) else (step, "") for step in story),
        starts=datetime.fromisoformat(starts).replace(tzinfo=clock).astimezone(UTC) if starts else START,
        clock=clock,
        rooms=tuple(data.get("rooms", ROOMS)),
        services=services,
        allow=tuple(data.get("allow", ())),
    )


def _identifiers_of(given: str | Mapping[str, str]) -> Mapping[str, str]:
    if isinstance(given, str):
        return {"phone" if given.startswith("+") else "slack": given}
    return given
