"""The keys of every piece of a rule file, as its model has them: their order, types and defaults."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from inspect import get_annotations
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rules.actions import ACTIONS
from rules.agents import AGENTS
from rules.agents.question_spec import QuestionSpec
from rules.agents.webhook import ResultSpec
from rules.loader import Project
from rules.loading.campaign import CampaignSpec, ChannelSpec, FieldSpec
from rules.loading.contact import ContactSpec
from rules.loading.given import Formula
from rules.loading.lines import LinesSpec
from rules.loading.nodes import TRIGGERS, IfSpec, SwitchSpec
from rules.loading.shape import Spec, literal_of
from rules.loading.takes import TakenSpec
from rules.loading.times import FallbackSpec, RetriesSpec
from rules.schema import rule_file_schema
from rules.schema_names import GivenNames
from tests.reference.shapes import is_edge, type_words

PIECES: dict[str, type[Spec]] = {
    "campaign": CampaignSpec,
    "contact": ContactSpec,
    "field": FieldSpec,
    "channel": ChannelSpec,
    **{literal_of(spec, "kind"): spec for spec in AGENTS},
    "question": QuestionSpec,
    "result": ResultSpec,
    "if": IfSpec,
    "lines": LinesSpec,
    "switch": SwitchSpec,
    "formula": Formula,
    "retries": RetriesSpec,
    "fallback": FallbackSpec,
    "taken": TakenSpec,
    **{literal_of(spec, "when"): spec for spec in TRIGGERS},
    **{literal_of(spec, "do"): spec for spec in ACTIONS},
}
SAID_SO = ("do", "when", "kind")  # the key that says which piece it is
LAST = ("failed", "next")  # where a node leads on stands below what it does
NONE = "none"
ENDS = "the path ends"
_UNITS = ((timedelta(weeks=1), "w"), (timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m"))


def keys_of(piece: str) -> list[str]:
    """The keys in the order in which an operator writes them."""
    return ordered(PIECES[piece])


def row_of(piece: str, key: str, meaning: str) -> tuple[str, str, str, str]:
    """One row of the piece's table."""
    shape = _shapes(piece)[key]
    return f"`{key}`", type_words(shape), default_words(field_of(PIECES[piece], key), shape), meaning


def ordered(model: type[BaseModel]) -> list[str]:
    """The keys of a model: what it is, its own, those it shares with others, and then where it leads."""
    bases = [base for base in model.mro() if issubclass(base, BaseModel) and base is not BaseModel]
    names = dict.fromkeys(name for base in bases for name in get_annotations(base) if name in model.model_fields)
    keys = [model.model_fields[name].alias or name for name in names]
    return sorted(keys, key=lambda key: (key not in SAID_SO, key in LAST and LAST.index(key) + 1))


def field_of(model: type[BaseModel], key: str) -> FieldInfo:
    """What the model knows of the key."""
    return next(field for name, field in model.model_fields.items() if (field.alias or name) == key)


def default_words(found: FieldInfo, shape: Mapping[str, Any]) -> str:
    """What holds where the key is left out."""
    if found.is_required():
        return "needed"
    if is_edge(shape):
        return ENDS
    values = found.default if isinstance(found.default, list | tuple) else [found.default]
    return ", ".join(f"`{_written(value)}`" for value in values if _is_told(value, found)) or NONE


def pieces_in(values: Any) -> Iterator[tuple[str, str]]:
    """Every piece of a rule file (its content, read) with each key that is written there."""
    yield from (("campaign", key) for key in values)
    yield from (("contact", key) for key in values.get("contact", {}))
    for name, piece in (("fields", "field"), ("channels", "channel")):
        yield from ((piece, key) for entry in values.get(name, {}).values() for key in entry)
    for agent in values.get("agents", {}).values():
        yield from _of_agent(agent)
    for nodes in values.get("flows", {}).values():
        for node in nodes.values():
            yield from _of_node(node)


def _of_agent(agent: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((agent["kind"], key) for key in agent)
    yield from (("question", key) for question in agent.get("questions", ()) for key in question)
    yield from (("result", key) for result in agent.get("results", {}).values() for key in result)


def _of_node(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    piece = node.get("do") or node.get("when") or next(iter(node))
    yield from ((piece, key) for key in node)
    for key, inner in (("if", "lines"), ("retries", "retries"), ("fallback", "fallback")):
        if isinstance(node.get(key), dict):
            yield from ((inner, within) for within in node[key])
    yield from (("taken", key) for taken in node.get("takes", {}).values() for key in taken)
    given = (*node.get("with", {}).values(), *node.get("set", {}).values())
    yield from (("formula", key) for value in given if isinstance(value, dict) for key in value)


@cache
def _shapes(piece: str) -> Mapping[str, Mapping[str, Any]]:
    schema = _schema()
    found: Mapping[str, Any] = schema if piece == "campaign" else schema["definitions"][piece]
    properties: Mapping[str, Mapping[str, Any]] = found["properties"]
    return properties


@cache
def _schema() -> Mapping[str, Any]:
    return rule_file_schema(Project(), GivenNames(), {})


def _is_told(value: object, found: FieldInfo) -> bool:
    """Whether a default is a value that could be written; 0 where at least 1 is asked for could not."""
    least = next((of.ge for of in found.metadata if hasattr(of, "ge")), None)
    return value not in (None, "", {}) and not (least is not None and isinstance(value, int) and value < least)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return _duration(value) if isinstance(value, timedelta) else str(value)


def _duration(length: timedelta) -> str:
    """As the design writes lengths of time: 24h is no 1d, where both are meant alike the smaller unit reads better."""
    number, unit = next((length // of, unit) for of, unit in reversed(_UNITS) if length // of < 60 and not length % of)
    return f"{number}{unit}"
