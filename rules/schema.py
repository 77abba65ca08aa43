"""The JSON Schema of rule files: what editors complete and check while somebody writes one.

It is made of the models that the loader reads with, so it knows every key that the loader knows and no other. It says
what a piece looks like; whether what a file names is there, and whether its expressions hold, `pointsman check` tells.
The dialect is draft-07, which the YAML servers of editors speak best, and pieces are told apart by `if` and `then`, so
that an editor complains of the key that is wrong and not of every piece that was not meant.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from rules.actions import ACTIONS
from rules.agents import AGENTS
from rules.loading.nodes import TRIGGERS, IfSpec, SwitchSpec
from rules.loading.project import Project
from rules.loading.shape import Spec, literal_of
from rules.schema_keys import SMALL_PIECES, piece_of, shape_of_key
from rules.schema_names import GivenNames, Schema, name_definitions

DIALECT = "http://json-schema.org/draft-07/schema#"
TITLE = "A rule file of Pointsman"
Meanings = Mapping[str, Mapping[str, str]]

_CONDITIONS: Mapping[str, type[Spec]] = {"if": IfSpec, "switch": SwitchSpec}
_WORDS = ("when", "if", "switch", "do")


def rule_file_schema(project: Project, given: GivenNames, meanings: Meanings) -> dict[str, Any]:
    """The schema, ready for JSON. ``meanings`` says by piece and key what a key means, for whoever points at it."""
    pieces = _pieces(meanings)
    campaign = pieces.pop("campaign")
    groups: dict[str, Schema] = {"node": _node(), "agent": _agent()}
    definitions = {**name_definitions(project, given), **groups, **pieces}
    return {"$schema": DIALECT, **campaign, "title": TITLE, "definitions": definitions}


def _pieces(meanings: Meanings) -> dict[str, Schema]:
    """Every piece of a rule file by its name, those that stand within others included."""
    specs = (*SMALL_PIECES, *_CONDITIONS.values(), *TRIGGERS, *ACTIONS, *AGENTS)
    _, made = models_json_schema([(spec, "validation") for spec in specs], ref_template="{model}")
    return {piece_of(name): _piece(piece_of(name), raw, meanings) for name, raw in made["$defs"].items()}


def _piece(name: str, raw: dict[str, Any], meanings: Meanings) -> Schema:
    """One mapping with its keys; unknown ones are refused."""
    said = meanings.get(name, {})
    keys = {key: _key(name, key, shape, said.get(key, "")) for key, shape in raw.get("properties", {}).items()}
    made: Schema = {"title": name, "type": "object", "additionalProperties": False, "properties": keys}
    return made | ({"required": raw["required"]} if "required" in raw else {})


def _key(piece: str, key: str, raw: dict[str, Any], meaning: str) -> Schema:
    shape = shape_of_key(piece, key, raw)
    return {**shape, "description": meaning} if meaning else dict(shape)


def _node() -> Schema:
    """A node: one of the words that say its kind, and then the keys of that kind."""
    kinds = [(word, literal_of(spec, word)) for word, specs in (("when", TRIGGERS), ("do", ACTIONS)) for spec in specs]
    return {
        "type": "object",
        "properties": {word: _words_of(word, kinds) for word in _WORDS},
        "oneOf": [{"required": [word]} for word in _WORDS],
        "allOf": [*_branches(kinds), *(_branch({"required": [word]}, word) for word in _CONDITIONS)],
    }


def _agent() -> Schema:
    """An agent: its kind, and then the keys of that kind."""
    kinds = [("kind", literal_of(spec, "kind")) for spec in AGENTS]
    return {
        "type": "object",
        "properties": {"kind": _words_of("kind", kinds)},
        "required": ["kind"],
        "allOf": _branches(kinds),
    }


def _words_of(word: str, kinds: Iterable[tuple[str, str]]) -> Schema:
    names = [name for of, name in kinds if of == word]
    return {"enum": names} if names else {}


def _branches(kinds: Iterable[tuple[str, str]]) -> list[Schema]:
    return [_branch({"required": [word], "properties": {word: {"const": name}}}, name) for word, name in kinds]


def _branch(condition: Schema, piece: str) -> Schema:
    return {"if": condition, "then": {"$ref": f"#/definitions/{piece}"}}
