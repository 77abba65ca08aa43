"""Read a scenario file: all of it, or all that is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway.scenarios.checking import MOMENT_HINT, ROW_KEYS, Known, check_step, moment_of, row_problems
from gateway.scenarios.forms import FORMS, PERSON, form_of
from gateway.scenarios.mistakes import Mistakes
from gateway.scenarios.rule_texts import RuleTexts, read_rules
from gateway.scenarios.values import ROOMS, START, Rows, Scenario, Step, Story, Surroundings
from gateway.simulation.rule_files import rooms_in
from rules.diagnostics import Diagnostic, did_you_mean
from rules.fields import IDENTIFIER_KINDS, FieldError, normalise_identifier
from rules.marks import Path as Place
from rules.marks import read_yaml
from rules.values import Position

KEYS = (
    "rules",
    "people",
    "clock",
    "starts at",
    "rooms",
    "services",
    "functions",
    "actions",
    "allow",
    "story",
    "stories",
)
FORM_TEXTS = tuple(form.text for form in FORMS)


@dataclass(frozen=True)
class ReadFile:
    """A scenario file, read: ``scenario`` is None where ``found`` holds an error. ``texts`` are the files that are
    named in ``found``."""

    scenario: Scenario | None
    found: tuple[Diagnostic, ...]
    texts: Mapping[str, str | bytes]


def read_scenario(file: str, text: bytes, around: Surroundings, instead: Mapping[str, bytes] | None = None) -> ReadFile:
    """Read a scenario; its rule files are named from its own folder. ``instead`` are rule files by their bare names
    that take the places of those named."""
    marked, problems = read_yaml(text, file)
    if marked is None or not isinstance(marked.data, dict):
        no_keys = Diagnostic(Position(file, 1, 1), "S103", f"a scenario has keys: {', '.join(KEYS)}")
        return ReadFile(None, problems or (no_keys,), {file: text})
    reader = Reader(Mistakes(marked, list(problems)), Path(file), around)
    scenario, rules = reader.read(instead or {})
    found = (*reader.mistakes.found, *rules.found)
    sound = not any(one.level == "error" for one in found)
    return ReadFile(scenario if sound else None, found, {file: text, **rules.texts})


@dataclass
class Reader:
    """Reads one file; what is wrong with it gathers in ``mistakes``."""

    mistakes: Mistakes
    file: Path
    around: Surroundings

    def read(self, instead: Mapping[str, bytes]) -> tuple[Scenario, RuleTexts]:
        tell, data = self.mistakes, self.mistakes.data
        for key in data:
            if key not in KEYS:
                tell.at_key((key,), "S101", f'unknown key "{key}"', did_you_mean(key, KEYS))
        if "people" not in data:
            tell.at_key((), "S102", '"people" is missing: who talks with us')
        zone = self._zone()
        services, functions = self._answers("services"), self._answers("functions")
        allowed = (*self._names("allow"), *self.around.allowed)
        project = self.around.project(services, (*functions, *allowed))
        rules = read_rules(tell, self.file, self.around.rules, instead, project)
        rooms = (*(self._names("rooms") or ROOMS), *sorted(rooms_in(rules.texts)))
        people = self._people(rooms)
        known = Known(people, rooms, tuple(rules.texts), rules.whole, rules.books, project, functions)
        stories = tuple(self._stories(zone, known))
        folder = self.file.parent / str(data["actions"]) if "actions" in data else self.around.actions
        outside = (services | dict.fromkeys(self.around.services - services.keys(), ()), functions, folder, allowed)
        return Scenario(str(self.file), rules.texts, rules.books, people, stories, zone, rooms, *outside), rules

    def _zone(self) -> ZoneInfo:
        name = self.mistakes.text(("clock",)) if "clock" in self.mistakes.data else "UTC"
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            self.mistakes.at(("clock",), "S103", f'"{name}" is no time zone', "write one such as Europe/Berlin")
            return ZoneInfo("UTC")

    def _names(self, key: str) -> tuple[str, ...]:
        names = self.mistakes.written((key,)) if key in self.mistakes.data else []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.mistakes.at((key,), "S103", f"{key} takes a list of names")
            return ()
        return tuple(names)

    def _answers(self, key: str) -> dict[str, Rows]:
        """Rows of answers by who gives them. What they answer is JSON; all else is as typed."""
        told = self.mistakes.data.get(key) or {}
        if not isinstance(told, dict):
            self.mistakes.at((key,), "S103", f"{key} takes names, each with a list of answers")
            return {}
        return {name: tuple(self._rows((key, name), rows)) for name, rows in told.items()}

    def _rows(self, place: Place, rows: object) -> Iterator[Mapping[str, Any]]:
        for number, row in enumerate(rows if isinstance(rows, list) else [rows]):
            here = (*place, number)
            if not isinstance(row, dict):
                self.mistakes.at(here, "S103", f"an answer has the keys {', '.join(ROW_KEYS)}")
                continue
            for key in set(row) - set(ROW_KEYS):
                self.mistakes.at_key((*here, key), "S101", f'unknown key "{key}"', did_you_mean(key, ROW_KEYS))
            for key, problem in row_problems(plain(row)):
                self.mistakes.at((*here, key), "S103", f"{key}: {problem}")
            yield plain(row)

    def _people(self, rooms: tuple[str, ...]) -> dict[str, Mapping[str, str]]:
        told = self.mistakes.data.get("people") or {}
        if not isinstance(told, dict):
            self.mistakes.at(("people",), "S103", "people takes names, each with a phone number or a Slack user id")
            return {}
        for name in told:
            self._check_name(name, rooms)
        people: dict[str, Mapping[str, str]] = {name: dict(self._identifiers(("people", name))) for name in told}
        self._tell_twins(people)
        return people

    def _check_name(self, name: str, rooms: tuple[str, ...]) -> None:
        place = ("people", name)
        if name in rooms:
            self.mistakes.at_key(place, "S103", f"{name} is the name of a room, too")
        if not PERSON.fullmatch(name):
            hint = "a name is one word of letters and digits, such as Ada or Ada2"
            self.mistakes.at_key(place, "S103", f'no step can name "{name}"', hint)

    def _tell_twins(self, people: Mapping[str, Mapping[str, str]]) -> None:
        """One identifier is one person's."""
        whose: dict[tuple[str, str], str] = {}
        for name, identifiers in people.items():
            for kind, value in identifiers.items():
                if (other := whose.setdefault((kind, value), name)) != name:
                    self.mistakes.at_key(("people", name), "S103", f"{name} and {other} have the same {kind}")

    def _identifiers(self, place: Place) -> Iterator[tuple[str, str]]:
        told = self.mistakes.written(place)
        if isinstance(told, str):
            told = {"phone" if told.startswith("+") else "slack": told}
        if not isinstance(told, dict):
            self.mistakes.at(place, "S103", "a person has a phone number, a Slack user id, or several identifiers")
            return
        for kind, value in told.items():
            here = (*place, kind)
            if kind not in IDENTIFIER_KINDS:
                hint = did_you_mean(kind, IDENTIFIER_KINDS) or f"there are {', '.join(IDENTIFIER_KINDS)}"
                self.mistakes.at_key(here, "S101", f'"{kind}" is no identifier', hint)
                continue
            try:
                yield kind, normalise_identifier(kind, value, "")
            except FieldError as error:
                self.mistakes.at(here, "S103", f"{kind} {error}")

    def _stories(self, zone: ZoneInfo, known: Known) -> Iterator[Story]:
        data = self.mistakes.data
        if ("story" in data) == ("stories" in data):
            self.mistakes.at_key((), "S102", 'write either "story", a list of steps, or "stories", several by name')
        if "story" in data:
            yield Story("", self._starts((), zone), tuple(self._steps(("story",), zone, known)))
        stories = data.get("stories") or {}
        if not isinstance(stories, dict):
            self.mistakes.at(("stories",), "S103", "stories takes names, each with a list of steps")
            return
        starts = data.get("starts at")
        for name in set(starts) - set(stories) if isinstance(starts, dict) else ():
            self.mistakes.at_key(
                ("starts at", name), "S103", f'there is no story "{name}"', did_you_mean(name, stories)
            )
        for name in stories:
            steps = tuple(self._steps(("stories", name), zone, known))
            yield Story(name, self._starts((name,), zone), steps)

    def _starts(self, name: Place, zone: ZoneInfo) -> datetime:
        told = self.mistakes.data.get("starts at")
        if told is None:
            return START
        place = ("starts at", *name) if isinstance(told, dict) else ("starts at",)
        if isinstance(told, dict) and name and name[0] not in told:
            return START
        return self._moment(place, zone)

    def _moment(self, place: Place, zone: ZoneInfo) -> datetime:
        """The moment (UTC) that a local time of the scenario's clock means."""
        read = moment_of(self.mistakes.text(place))
        if isinstance(read, datetime):
            return read.replace(tzinfo=zone).astimezone(UTC)
        self.mistakes.at(place, "S103", read, MOMENT_HINT)
        return START

    def _steps(self, place: Place, zone: ZoneInfo, known: Known) -> Iterator[Step]:
        told = self.mistakes.at_path(place)
        if not isinstance(told, list):
            self.mistakes.at(place, "S103", "a story is a list of steps")
            return
        changing = any(isinstance(step, dict) and any(str(key).endswith("becomes") for key in step) for step in told)
        for number, step in enumerate(told):
            here = (*place, number)
            if isinstance(step, dict) and len(step) == 1:
                key = next(iter(step))
                yield from self._step((*here, key), key, self.mistakes.written((*here, key)), known, changing)
            elif isinstance(step, (dict, list)) or step is None:
                self.mistakes.at(here, "S103", "a step is one sentence, or one sentence, a colon and a value")
            else:
                yield from self._step(here, str(self.mistakes.written(here)), None, known, changing)

    def _step(self, place: Place, text: str, value: Any, known: Known, changing: bool) -> Iterator[Step]:
        found = form_of(text)
        if found is None:
            self.mistakes.at_key(
                place, "S201", f'no such step: "{text}"', did_you_mean(known.as_form(text), FORM_TEXTS)
            )
            return
        form, words = found
        step = Step(form.text, text, words, value, self.mistakes.marked.key(place).position)
        check_step(self.mistakes, place, form, step, known, changing)
        yield step


def plain(value: Any) -> Any:
    """YAML's values as JSON has them."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, (bool, int, str)) else float(value)
