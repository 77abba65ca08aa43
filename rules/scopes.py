"""The values that conditions and texts may name, read off a scene."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.book import Field, Rulebook
from rules.copies import replace
from rules.events import MessageReceived
from rules.facts import Fact
from rules.fields import TIMEZONE_FIELD, from_json, to_json
from rules.names import Scope
from rules.scene import Communication, Scene
from rules.statuses import CommunicationStatus
from rules.values import Value, Values


class Person:
    """The values that are the participant's own, as ``rulebook`` declares them: the same for all that a reaction
    evaluates, until a field changes."""

    def __init__(self, rulebook: Rulebook, scene: Scene) -> None:
        self.rulebook = rulebook
        self._customer, self._participant = scene.customer, scene.participant
        self.values = _of_person(rulebook, scene)
        self.zone = zone_of(rulebook, self.values.get(TIMEZONE_FIELD))

    def is_of(self, rulebook: Rulebook, scene: Scene) -> bool:
        """Whether these are still the values."""
        unchanged = self._customer is scene.customer and self._participant is scene.participant
        return unchanged and self.rulebook is rulebook


def scope_of(person: Person, scene: Scene, fact: Fact, message: MessageReceived | None, now: datetime) -> Scope:
    """Every name's value at ``now``, on a path that ``fact`` began and, if so, what the person wrote."""
    values = {**person.values, **_of_path(person.rulebook, scene, fact, message)}
    return Scope(values, now, person.zone, person.rulebook.region)


def with_fields(scope: Scope, rulebook: Rulebook, changed: Values) -> Scope:
    """The scope once these declared fields have these values: a third of the work of `scope_of`, or less."""
    values = dict(scope.values)
    for field, value in changed.items():
        for name in rulebook.names_of_field[field]:
            values[name] = value
    zone = zone_of(rulebook, values[TIMEZONE_FIELD]) if TIMEZONE_FIELD in changed else scope.zone
    return Scope(values, scope.now, zone, scope.region, scope.hear)


def retyped(scene: Scene, rulebook: Rulebook) -> Scene:
    """The scene with its fields as ``rulebook`` declares them; those it does not declare are of no use to it.

    For a rule file that is not the present one: a field that is declared no more is kept as JSON.
    """
    customer = replace(scene.customer, fields=_typed(rulebook, "customer", scene.customer.fields))
    own = scene.participant
    participant = replace(own, fields=_typed(rulebook, "participant", own.fields)) if own else None
    return replace(scene, customer=customer, participant=participant)


def declared_as(rulebook: Rulebook, values: Values) -> Values:
    """Values that fields of an earlier rule file had, as ``rulebook`` declares these fields.

    What does not fit the type a field has now is left out; a field that is declared no more has its value as JSON.
    """
    fitting = {name: _declared(rulebook.fields.get(name), value) for name, value in values.items()}
    return {name: value for name, value in fitting.items() if value is not None or values[name] is None}


def _declared(field: Field | None, value: Value) -> Value:
    kept = to_json(value)
    if field is not None:
        return from_json(field, kept)
    return kept if isinstance(kept, str | int) else None


def _typed(rulebook: Rulebook, level: str, values: Values) -> Values:
    declared = (field for field in rulebook.fields.values() if field.level == level)
    return {field.name: from_json(field, to_json(values.get(field.name))) for field in declared}


def zone_of(rulebook: Rulebook, own: Value) -> tzinfo:
    """The participant's own time zone where it is one, else the campaign's."""
    if isinstance(own, str) and own:
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):  # a field holds what people typed
            return ZoneInfo(own)
    return ZoneInfo(rulebook.timezone)


def communication_of(scene: Scene, fact: Fact) -> Communication | None:
    """The communication the fact is about, at the status that the fact tells; else the participant's last one."""
    for communication in scene.communications:
        if communication.id == fact.communication:
            status = CommunicationStatus(fact.status) if fact.status else communication.status
            return communication if status is communication.status else replace(communication, status=status)
    return scene.communications[-1] if scene.communications else None


def _of_person(rulebook: Rulebook, scene: Scene) -> dict[str, Value]:
    """These names of `rules.loading.vocabulary`; of two values for one name the later counts."""
    values: dict[str, Value] = {}
    for kind, address in scene.customer.identifiers.items():
        values[kind] = values[f"customer.{kind}"] = address
    values.update(_fields(rulebook, "customer", scene.customer.fields))
    values.update(_fields(rulebook, "participant", scene.participant.fields if scene.participant else {}))
    values["participant.outcome"] = (scene.participant.outcome if scene.participant else "") or None
    return values


def _of_path(rulebook: Rulebook, scene: Scene, fact: Fact, message: MessageReceived | None) -> dict[str, Value]:
    communication = communication_of(scene, fact)
    values = _communication(communication) if communication else {}
    if rulebook.talks_named:
        values.update(_talks(rulebook, scene))
    if message is not None:
        values.update(_message(message))
    for name, value in fact.inputs:
        values[f"input.{name}"] = value
    return values


def _fields(rulebook: Rulebook, level: str, values: Values) -> Iterable[tuple[str, Value]]:
    """Each declared field of the level under all its names."""
    names, fields = rulebook.field_names[level]
    return zip(names, map(values.get, fields), strict=True)


def _communication(communication: Communication) -> dict[str, Value]:
    values: dict[str, Value] = {
        "communication.node": communication.node or None,
        "communication.flow": communication.flow or None,
        "communication.agent": communication.agent or None,
        "communication.channel": communication.channel or None,
        "communication.reason": communication.reason or None,
        "communication.status": communication.status.value,
    }
    for name, value in communication.talk.results.items():
        values[f"results.{name}"] = value
    return values


def _talks(rulebook: Rulebook, scene: Scene) -> Iterator[tuple[str, Value]]:
    """The values of the last talk of each node that the file names, under both ways to name the node."""
    last = {c.node: c for c in scene.communications if c.node in rulebook.talks_named}
    for full_name, communication in last.items():
        for node in (full_name, full_name.partition(".")[2]):
            yield f"communication.{node}.status", communication.status.value
            yield f"communication.{node}.channel", communication.channel
            yield f"communication.{node}.reason", communication.reason or None
            yield from ((f"results.{node}.{name}", value) for name, value in communication.talk.results.items())


def _message(message: MessageReceived) -> Values:
    return {
        "message.text": message.text or None,
        "message.keyword": message.keyword or None,
        "message.channel": message.channel or None,
    }
