"""What may stand at each key of a rule file, where the models of the loader do not say it themselves."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import available_timezones

from phonenumbers import SUPPORTED_REGIONS

from rules.agents.webhook import MAX_RESULTS
from rules.loading.campaign import (
    MAX_AGENTS,
    MAX_CHANNELS,
    MAX_FIELDS,
    MAX_FLOWS,
    CampaignSpec,
    ChannelSpec,
    FieldSpec,
)
from rules.loading.contact import ContactSpec
from rules.loading.given import MAX_GIVEN, Formula
from rules.loading.lines import LinesSpec
from rules.loading.narrowing import SOURCES, STATUSES
from rules.loading.nodes import MAX_TAKEN
from rules.loading.shape import WRITTEN_SOURCE, Spec
from rules.loading.takes import TakenSpec
from rules.schema_names import NAME_SHAPE, Schema

SMALL_PIECES: tuple[type[Spec], ...] = (
    CampaignSpec,
    ContactSpec,
    FieldSpec,
    ChannelSpec,
    Formula,
    LinesSpec,
    TakenSpec,
)

_LEFT_OUT = ("title", "default", "description")  # what pydantic says of a key beside its shape
_NAMING: Mapping[str, str] = {
    "agent": "agent_name",
    "cases": "node_name_or_none",
    "channel": "channel_name",
    "else": "node_name",
    "failed": "node_name",
    "field": "field_or_identifier",
    "flow": "flow_name",
    "function": "function_name",
    "match": "node_name",
    "next": "node_name",
    "of": "talk_name",
    "service": "service_name",
    "sets": "field_name",
}


def piece_of(spec: str) -> str:
    """What the reference calls the piece that a model reads: `CommunicationEndedSpec` is communication_ended."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", spec.removesuffix("Spec")).lower()


def shape_of_key(piece: str, key: str, raw: Mapping[str, Any]) -> Schema:
    """What may stand at a key of a piece; ``raw`` is what the model knows of it."""
    if make := _SHAPES.get((piece, key)):
        return make()
    shape = {name: value for name, value in raw.items() if name not in _LEFT_OUT}
    if words := {"status": STATUSES, "source": SOURCES}.get(key, {}).get(piece):
        return _replaced(shape, _in_any_case(words))
    return _replaced(shape, _ref(_NAMING[key])) if key in _NAMING else _replaced(shape, None)


def _replaced(shape: Schema, text: Schema | None) -> Schema:
    """The shape with another one wherever free text may stand, and with references to pieces by their names."""
    if shape.get("type") == "string" and text and not shape.keys() & {"const", "enum"}:
        return text
    return {name: _within(name, value, text) for name, value in shape.items()}


def _within(name: str, value: Any, text: Schema | None) -> Any:
    if name == "$ref":
        return f"#/definitions/{piece_of(value)}"
    if isinstance(value, dict):
        return _replaced(value, text)
    if isinstance(value, list):
        return [_replaced(item, text) if isinstance(item, dict) else item for item in value]
    return value


def _ref(definition: str) -> Schema:
    return {"$ref": f"#/definitions/{definition}"}


def _in_any_case(words: Iterable[str]) -> Schema:
    """One of the words, which may be written in capital or in small letters."""
    either = ("".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in word) for word in words)
    return {"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": rf"^\s*({'|'.join(either)})\s*$"}]}


def _by_name(entry: Schema, limit: int | None = None, names: Schema = NAME_SHAPE) -> Schema:
    """A mapping of names to such entries."""
    shape: Schema = {"type": "object", "propertyNames": names, "additionalProperties": entry}
    return shape if limit is None else {**shape, "maxProperties": limit}


def _or_nothing(shape: Schema) -> Schema:
    return {"anyOf": [shape, {"type": "null"}]}


def _one_or_several(definition: str) -> list[Schema]:
    return [_ref(definition), {"type": "array", "items": _ref(definition), "minItems": 1}]


def _value() -> Schema:
    """A constant, a computed value, or nothing."""
    return {"anyOf": [{"type": ["string", "number", "boolean", "null"]}, _ref("formula")]}


_SHAPES: Mapping[tuple[str, str], Callable[[], Schema]] = {
    ("campaign", "campaign"): lambda: NAME_SHAPE,
    ("campaign", "timezone"): lambda: {"enum": sorted(available_timezones())},
    ("campaign", "region"): lambda: {"enum": ["", *sorted(SUPPORTED_REGIONS)]},
    ("campaign", "fields"): lambda: _by_name(_ref("field"), MAX_FIELDS),
    ("campaign", "channels"): lambda: _by_name(_or_nothing(_ref("channel")), MAX_CHANNELS, _ref("channel_name")),
    ("campaign", "agents"): lambda: _by_name(_ref("agent"), MAX_AGENTS),
    ("campaign", "flows"): lambda: _by_name(_or_nothing(_by_name(_ref("node"))), MAX_FLOWS),
    ("campaign", "contact"): lambda: _ref("contact"),
    ("question", "result"): lambda: NAME_SHAPE,
    ("question", "min"): lambda: _or_nothing({"type": "number"}),
    ("question", "max"): lambda: _or_nothing({"type": "number"}),
    ("webhook", "results"): lambda: _by_name(_ref("result"), MAX_RESULTS),
    ("from_another_flow", "takes"): lambda: _by_name(_ref("taken"), MAX_TAKEN),
    ("communicate", "fallback"): lambda: {"anyOf": [*_one_or_several("channel_name"), _or_nothing(_ref("fallback"))]},
    ("to_another_flow", "with"): lambda: _by_name(_value(), MAX_GIVEN),
    ("call_webhook", "with"): lambda: _by_name(_value(), MAX_GIVEN),
    ("run_python", "with"): lambda: _by_name(_value(), MAX_GIVEN),
    ("if", "if"): lambda: {"anyOf": [WRITTEN_SOURCE, _ref("lines")]},
    ("update_field", "set"): lambda: {**_by_name(_value(), names=_ref("field_name")), "minProperties": 1},
}
