"""The case files: what each action and agent asks for, written as an operator would read it.

A file holds `rules` (a rule file) and `cases`. A case is a sentence with `event` and optionally `scene`; `effects` is
everything asked for, in order, and of each effect what matters; `facts` and `results` are what was raised on the way
and what each visited node came to, `note` what an operator is told of the event. Ids made while deciding are written
new1, new2 and so on, the present version of the rules `present`. A run of the scene is of that version unless it says
otherwise (`rules`); rules of earlier versions stand in the scene under `earlier`, by their hash.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from re import sub
from typing import Any

import yaml

from rules.book import Rulebook
from rules.effects import ChangeCommunication, Effect, KeepRun, PlanCommunication
from rules.events import CampaignStarted, Event
from rules.facts import Fact
from rules.react import react
from rules.reaction import Reaction
from rules.scene import Run, Scene, Talk
from rules.turn import Turn
from tests.rules import scenes

FOLDER = Path(__file__).parent / "cases"
EVENTS: Mapping[str, Callable[..., Event]] = {
    "wrote": scenes.wrote,
    "given": scenes.given,
    "receipt": scenes.receipt,
    "due": scenes.due,
    "answered": scenes.answered,
    "settled": scenes.settled,
    "timer": scenes.timer,
}


@dataclass(frozen=True)
class Case:
    """One case of one file."""

    file: str
    title: str
    rules: str
    data: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: {self.title}"


def read_cases() -> list[Case]:
    """Every case of every file."""
    return [case for path in sorted(FOLDER.glob("*.yaml")) for case in _read(path)]


def expected(case: Case) -> dict[str, Any]:
    """What the case states."""
    return {key: case.data[key] for key in ("effects", "facts", "results", "note") if key in case.data}


def decided(case: Case) -> dict[str, Any]:
    """What `react` answers, cut down to what the case states."""
    rulebook, event, scene, reaction = reacted(case)
    names = _names(rulebook, event, scene)
    effects = [_plain(effect, names) for effect in reaction.effects]
    visits = [v for c in reaction.log for a in c.activations for v in a.visits if v.result]
    answer: dict[str, Any] = {"facts": scenes.raised(reaction), "results": [f"{v.node}: {v.result}" for v in visits]}
    answer["note"] = reaction.note
    answer["effects"] = _cut(effects, case.data.get("effects", []))
    return {key: answer[key] for key in expected(case)}


def reacted(case: Case) -> tuple[Rulebook, Event, Scene, Reaction]:
    """What `react` is given, and what it answers."""
    rulebook = scenes.book(case.rules)
    event, scene = _event(case.data["event"]), _scene(case.data.get("scene", {}), rulebook)
    return rulebook, event, scene, react(rulebook, event, scene, scenes.NOW)


class Loader(yaml.SafeLoader):
    """YAML with the tags !date, !moment (UTC), !decimal; plain values but numbers and true or false are text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_constructor("!date", lambda _, node: date.fromisoformat(node.value))
Loader.add_constructor("!moment", lambda _, node: datetime.fromisoformat(node.value).replace(tzinfo=UTC))
Loader.add_constructor("!decimal", lambda _, node: Decimal(node.value))


def _read(path: Path) -> Iterator[Case]:
    data = yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a SafeLoader
    for title, case in data["cases"].items():
        yield Case(path.stem, title, data["rules"], case)


def _event(data: Mapping[str, Any] | str) -> Event:
    if data == "started":
        return CampaignStarted(id="event", at=scenes.NOW)
    assert not isinstance(data, str)
    ((kind, what),) = ((k, v) for k, v in data.items() if k in EVENTS)
    rest = {key: value for key, value in data.items() if key != kind}
    return EVENTS[kind](**what, **rest) if isinstance(what, dict) else EVENTS[kind](what, **rest)


def _scene(data: Mapping[str, Any], rulebook: Rulebook) -> Scene:
    values = dict(data)
    earlier = values.get("earlier", {})
    values["earlier"] = {hash: scenes.book(text, hash=hash) for hash, text in earlier.items()}
    values["communications"] = tuple(_communication(c, rulebook) for c in values.get("communications", ()))
    values["runs"] = tuple(_run({"rules": rulebook.hash, **r}) for r in values.get("runs", ()))
    values["begun"] = {id: _moment(at) for id, at in values.get("begun", {}).items()}
    values["messages"] = tuple(scenes.sent(**m) for m in values.get("messages", ()))
    values["opted_out"] = frozenset((channel, address) for channel, address in values.get("opted_out", ()))
    return scenes.someone(**values)


def _communication(data: Mapping[str, Any], rulebook: Rulebook) -> Any:
    """A communication as `scenes.talk` takes it, of the present rule file; moments are written 2026-11-22 12:00."""
    values = {"rules": rulebook.hash, **data}
    for name in ("at", "expires", "begun_at"):
        if name in values:
            values[name] = _moment(values[name])
    if "talk" in values:
        values["talk"] = Talk(**{**values["talk"], "pending": tuple(values["talk"].get("pending", ()))})
    return scenes.talk(**values)


def _moment(written: str) -> datetime:
    """In UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def _run(data: Mapping[str, Any]) -> Run:
    """A run as `scenes.waiting` takes it; ``fact`` is the name of a trigger or a mapping, ``inputs`` stand beside."""
    values = dict(data)
    fact = values.pop("fact", {})
    stated = {"trigger": fact} if isinstance(fact, str) else fact
    inputs = tuple(values.pop("inputs", {}).items())
    message = values.pop("wrote", None)
    values["message"] = None if message is None else scenes.wrote(message)
    return scenes.waiting(fact={**stated, "inputs": inputs}, **values)


def _names(rulebook: Rulebook, event: Event, scene: Scene) -> dict[str, str]:
    turn = Turn(rulebook, event, scene, scenes.NOW)
    return {rulebook.hash: "present", **{turn.new_id(): f"new{number}" for number in range(1, 20)}}


def _plain(effect: Effect, names: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """An effect as its name in snake case and its values."""
    name = sub(r"(?<!^)([A-Z])", r"_\1", type(effect).__name__).lower()
    if isinstance(effect, PlanCommunication | ChangeCommunication):
        return name, _values(effect.communication, names)
    return name, _values(effect.run if isinstance(effect, KeepRun) else effect, names)


def _values(what: Any, names: Mapping[str, str]) -> Any:
    if is_dataclass(what):
        return {field.name: _values(getattr(what, field.name), names) for field in fields(what)}
    if isinstance(what, Fact):
        return _values(what._asdict(), names)
    if isinstance(what, Mapping):
        return {key: _values(value, names) for key, value in what.items()}
    if isinstance(what, tuple):
        return [_values(value, names) for value in what]
    if isinstance(what, Enum):
        return what.value
    if isinstance(what, datetime):
        return what.strftime("%Y-%m-%d %H:%M")
    return names.get(what, what) if isinstance(what, str) else what


def _cut(effects: list[tuple[str, dict[str, Any]]], stated: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each effect with those values that the effect stated in its place names; all of an unexpected one."""
    wanted = [next(iter(s.items())) for s in stated] + [("", {})] * len(effects)
    return [_cut_one(*pair) for pair in zip(effects, wanted, strict=False)]


def _cut_one(effect: tuple[str, dict[str, Any]], stated: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    name, values = effect
    if name != stated[0]:
        return {name: values}
    return {name: {key: _part(values.get(key), key, what) for key, what in stated[1].items()}}


def _part(value: Any, key: str, stated: Any) -> Any:
    """Of a talk and of a fact, too, only what the case names."""
    if key in ("talk", "fact") and isinstance(value, dict) and isinstance(stated, dict):
        return {inner: value.get(inner) for inner in stated}
    return value
