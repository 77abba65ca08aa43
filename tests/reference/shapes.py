"""The JSON Schema of a key, in the words of the reference."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.hooks.kinds import KINDS
from rules.values import ValueType

Shape = Mapping[str, Any]

TYPES = tuple(ValueType)[:9]  # of fields
MOST_WORDS = 9  # of an enumeration that the table lists
TEXT = "[text](texts.md)"
EXPRESSION = "[expression](expressions.md)"
HOOK_TYPE = "[type](hooks.md#what-is-sent)"
_REFERENCES = {
    "agent": "agent",
    "agent_name": "agent",
    "channel": "entry",
    "channel_name": "channel",
    "contact": "[contact limits](#contact-limits)",
    "fallback": "[fallback](#fallback)",
    "field": "field",
    "field_name": "field",
    "field_or_identifier": "field or identifier",
    "flow_name": "flow",
    "formula": "`{expr: ...}`",
    "function_name": "`module.name`",
    "lines": "[several](#several-conditions)",
    "node": "node",
    "node_name": "node",
    "node_name_or_none": "node",
    "question": "question",
    "result": "type",
    "retries": "[retries](#retries)",
    "service_name": "service",
    "talk_name": "`communicate` node",
    "taken": "type",
}
_SAMPLES = {
    "2d": "length of time",
    "09:00-18:00": "range of hours",
    "mon-fri": "day of the week",
    "12-25": "day",
    "name": "name",
}
_SEVERAL = {
    "`communicate` node": "`communicate` nodes",
    "day of the week": "days of the week",
    "field or identifier": "fields or identifiers",
    "length of time": "lengths of time",
    "range of hours": "ranges of hours",
    EXPRESSION: "[expressions](expressions.md)",
    HOOK_TYPE: "[types](hooks.md#what-is-sent)",
}


def type_words(shape: Shape) -> str:
    """What may stand at a key of this shape."""
    for known, words in _WORDS.items():
        if known in shape:
            return words(shape)
    return "value"


def _reference(shape: Shape) -> str:
    return _REFERENCES[shape["$ref"].rpartition("/")[2]]


def _enumeration(shape: Shape) -> str:
    names: Sequence[str] = shape["enum"]
    if set(names) == set(TYPES):
        return "one of the [types](rule-files.md#fields)"
    if set(names) == set(KINDS):
        return HOOK_TYPE
    if len(names) > MOST_WORDS:
        return "time zone" if "Europe/Berlin" in names else "country code"
    return ", ".join(f"`{name}`" for name in names)


def _either(shape: Shape) -> str:
    """A value or a list of such, a value or nothing, an enumeration in any case of letters, or one of several kinds."""
    shapes = [inner for inner in shape["anyOf"] if inner != {"type": "null"}]
    single = [inner for inner in shapes if inner.get("type") != "array"]
    words = [type_words(inner) for inner in (single[:1] if "enum" in single[0] else single)]
    if len(single) < len(shapes):
        words[0] = f"one or several {_several(words[0])}"
    return ", or ".join(words)


def _pattern(shape: Shape) -> str:
    return next(words for sample, words in _SAMPLES.items() if re.fullmatch(shape["pattern"], sample))


def _plain(shape: Shape) -> str:
    if isinstance(shape["type"], str):
        return _TYPES[shape["type"]](shape)
    return "value" if "null" in shape["type"] else EXPRESSION


def _text(shape: Shape) -> str:
    return TEXT if shape.get("minLength") and not shape.get("maxLength") else "plain text"


def _whole_number(shape: Shape) -> str:
    least, most = (shape.get(name, shape.get(raw)) for name, raw in (("minimum", "ge"), ("maximum", "le")))
    return f"whole number, {least} to {most:,}"


def _number(shape: Shape) -> str:
    most = shape.get("maximum", shape.get("le"))
    return "number" if most is None else f"number, at most {most:g}"


def _list(shape: Shape) -> str:
    return f"list of {_several(type_words(shape['items']))}"


def _mapping(shape: Shape) -> str:
    """Names, or something else, each with something; a mapping in a mapping is a flow."""
    keys = type_words(shape["propertyNames"]) if "propertyNames" in shape else "value"
    each = shape["additionalProperties"]
    nested = any(inner.get("type") == "object" for inner in each.get("anyOf", ()))
    return f"{_several(keys)}, each with {_one('flow' if nested else type_words(each))}"


def is_edge(shape: Shape) -> bool:
    """Whether the key leads on to a node, or may be left out."""
    return {"$ref": "#/definitions/node_name"} in shape.get("anyOf", ())


def _several(words: str) -> str:
    return _SEVERAL.get(words, f"of {words}" if words.startswith("`") else f"{words}s")


def _one(words: str) -> str:
    return f"a{'n' if words[0] in 'aeiou' else ''} {words}"


_TYPES = {
    "boolean": lambda _: "`true`, `false`",
    "integer": _whole_number,
    "number": _number,
    "string": _text,
    "array": _list,
    "object": _mapping,
}
_WORDS = {
    "$ref": _reference,
    "const": lambda shape: f"`{shape['const']}`",
    "enum": _enumeration,
    "anyOf": _either,
    "pattern": _pattern,
    "type": _plain,
}
