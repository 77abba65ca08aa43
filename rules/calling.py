"""Calls to services and to functions: what is handed over, as plain JSON, and how the answer is read.

What comes back is not trusted: it may be any JSON object. The contract for those who write the other side is
docs/reference/services.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING

from rules.book import Field, Rulebook
from rules.events import CallAnswered
from rules.fields import FieldError, coerce, to_json
from rules.names import Scope
from rules.operations import NUMBER_LIMIT
from rules.readers import MAX_PLACES, written
from rules.scene import Communication, Scene
from rules.texts import without_controls
from rules.values import Value, Values

if TYPE_CHECKING:
    from rules.turn import Turn

WEBHOOK, PYTHON = "webhook", "python"  # the kinds of calls

MAX_TEXT = 4_000  # characters of one text that is handed over; on Slack people may write more
MAX_OUTCOME = 60  # characters of an outcome
MAX_FAULTS = 5  # faults of one answer that are named
MAX_REASON = 500  # characters of what is said of a failed call


class CallFailed(Exception):
    """A call brought nothing that could be used; says why, in the operator's words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A read answer: the fields to set (None clears) and the word that chooses the way, "" for none."""

    fields: Values = field(default_factory=dict)
    word: str = ""


def ask_about(turn: "Turn", communication: Communication, service: str, asks: Mapping[str, object]) -> str:
    """Ask the service how this talk goes on; the call's id. It is answered in a stopped campaign, too."""
    scope, book, call = turn.scope_about(communication), turn.book_of(communication), turn.new_id()
    body = {
        "call": call,
        "campaign": turn.rulebook.campaign,
        "communication": {name: getattr(communication, name) for name in ("id", "node", "agent", "channel")},
        "participant": participant_body(book, turn.scene, scope),
        **asks,
    }
    return turn.place_call(WEBHOOK, service, communication.id, body, held=False, call=call)


def participant_body(book: Rulebook, scene: Scene, scope: Scope) -> dict[str, object]:
    """The participant as JSON: every declared field, unset ones as null."""
    return {
        "id": scene.participant.id if scene.participant else "",
        "identifiers": dict(scene.customer.identifiers),
        "fields": json_values({name: scope.values.get(f"participant.{name}") for name in book.fields}),
    }


def json_values(values: Values) -> dict[str, object]:
    """Values as JSON: numbers with decimals as text, dates and instants in ISO 8601, texts cleaned (`handed_over`)."""
    return {name: _clean(to_json(value)) for name, value in values.items()}


def handed_over(text: str) -> str:
    """The text without control characters, up to `MAX_TEXT` characters: what people write may hold anything."""
    return without_controls(text)[:MAX_TEXT]


def _clean(value: object) -> object:
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return handed_over(value) if isinstance(value, str) else value


def value_of(kind: Field, raw: object, region: str = "", zone: tzinfo | None = None) -> Value:
    """What a service gave, as the field's type; raises FieldError, whatever JSON it is. A number that is none of text
    is only nearly what was meant (0.30000000000000004): it is rounded to the decimals that are kept. ``zone`` is as
    `coerce` has it."""
    if isinstance(raw, Mapping | list | tuple):
        raise FieldError("one value is wanted, but this is a list or an object")
    if isinstance(raw, int) and not -NUMBER_LIMIT <= raw <= NUMBER_LIMIT:
        raise FieldError(f"the number is too large; numbers may be at most {NUMBER_LIMIT}")
    return coerce(kind, round(raw, MAX_PLACES) if isinstance(raw, float) else raw, region, zone)


def read_outcome(answered: CallAnswered | None, sets: Mapping[str, Field], region: str = "") -> Outcome:
    """What the answer comes to; ``sets`` are the fields that it may set. Raises CallFailed where the call failed, or
    for an answer of which anything does not fit: then nothing of it counts. Keys it does not know are left alone, and
    moments without an offset stay local (see `rules.local`)."""
    if answered is None or answered.answer is None:
        raise CallFailed(reason_of(answered))
    fields, faults = _read_fields(answered.answer.get("fields"), sets, region)
    word, fault = _read_word(answered.answer.get("outcome"))
    if faults := [*faults, *fault]:
        raise CallFailed(shortened("; ".join(faults[:MAX_FAULTS])))
    return Outcome(fields, word)


def reason_of(answered: CallAnswered | None) -> str:
    """Why a call failed."""
    return shortened(answered.error if answered and answered.error else "no answer")


def shortened(text: str, limit: int = MAX_REASON) -> str:
    """The text without control characters, cut where it is longer than ``limit``."""
    clean = without_controls(text)
    return clean if len(clean) <= limit else f"{clean[: limit - 3]}..."


def _read_fields(raw: object, sets: Mapping[str, Field], region: str) -> tuple[dict[str, Value], list[str]]:
    """The values that fit, and what is wrong with the others."""
    if raw is not None and not isinstance(raw, Mapping):
        return {}, ['"fields" must be an object: names of fields with their values']
    values: dict[str, Value] = {}
    faults: list[str] = []
    for name, given in (raw or {}).items():
        if name not in sets:
            faults.append(f'{written(name)} is not in "sets"')
            continue
        try:
            values[name] = _fitting(sets[name], given, region)
        except FieldError as error:
            faults.append(f"{name}: {error}")
    return values, faults


def _fitting(kind: Field, raw: object, region: str) -> Value:
    value = value_of(kind, raw, region)
    if value is None and kind.required:
        raise FieldError("it is required, and the answer would clear it")
    return value


def _read_word(raw: object) -> tuple[str, list[str]]:
    """The outcome, and what is wrong with it."""
    if raw is None:
        return "", []
    if not isinstance(raw, str):
        return "", [f'"outcome" must be a text, but it is {written(raw) if _is_plain(raw) else "no single value"}']
    word = without_controls(raw)
    if len(word) > MAX_OUTCOME:
        return "", [f'"outcome" has {len(word)} characters; at most {MAX_OUTCOME} are possible']
    return word, []


def _is_plain(raw: object) -> bool:
    return isinstance(raw, bool | float) or (isinstance(raw, int) and -NUMBER_LIMIT <= raw <= NUMBER_LIMIT)
