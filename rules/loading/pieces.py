"""Reads the agents and the nodes of a file one by one, so that a misshapen one hides no mistake of another."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TypeVar

from rules.actions import ACTIONS
from rules.agents import AGENTS
from rules.diagnostics import did_you_mean
from rules.loading.known import AgentPiece, NodePiece
from rules.loading.mistakes import Mistakes
from rules.loading.naming import check_key
from rules.loading.nodes import TRIGGERS_BY_NAME, IfSpec, SwitchSpec
from rules.loading.reading import read
from rules.loading.shape import AgentSpec, NodeSpec, Spec, literal_of
from rules.loading.words import describe, quoted
from rules.marks import Path

_Spec = TypeVar("_Spec", bound=type[Spec])
_KINDS: Mapping[str, Mapping[str, type[NodeSpec]]] = {
    "when": TRIGGERS_BY_NAME,
    "do": {literal_of(spec, "do"): spec for spec in ACTIONS},
}
_CONDITIONS: Mapping[str, type[NodeSpec]] = {"if": IfSpec, "switch": SwitchSpec}
WORDS = ("when", "if", "switch", "do")
_WHAT = {"when": "trigger", "do": "action"}
_AGENTS: Mapping[str, type[AgentSpec]] = {literal_of(spec, "kind"): spec for spec in AGENTS}


def section(data: object, name: str, mistakes: Mistakes, limit: int) -> Iterator[tuple[str, object, Path]]:
    """The entries of a mapping at the top of the file; more of them than ``limit`` is noted, the rest is left out."""
    entries = data.get(name) if isinstance(data, dict) else None
    if not isinstance(entries, dict):
        return
    if len(entries) > limit:
        mistakes.at_key((name,), "E112", f"there are {len(entries)} {name}", f"at most {limit} are possible")
    for key, value in list(entries.items())[:limit]:
        yield key, value, (name, key)


def read_agent(name: str, data: object, path: Path, mistakes: Mistakes) -> AgentPiece:
    """One entry of `agents`."""
    check_key(mistakes, "the agent name", path)
    spec = None
    if not isinstance(data, dict):
        _note_no_mapping("agent", name, data, path, mistakes)
    elif "kind" not in data:
        mistakes.at_key(path, "E108", f'the agent "{name}" has no "kind"', f"kinds: {', '.join(_AGENTS)}")
    else:
        spec = _kind(_AGENTS, data["kind"], (*path, "kind"), "kind of agent", mistakes)
    if spec is None:
        return AgentPiece(name, path, data)
    before = mistakes.count
    return AgentPiece(name, path, data, read(spec, data, path, mistakes), whole=mistakes.count == before)


def read_node(flow: str, name: str, data: object, path: Path, mistakes: Mistakes) -> NodePiece:
    """One node of a flow; its kind is known wherever the file lets one know it."""
    check_key(mistakes, "the node name", path)
    if not isinstance(data, dict):
        _note_no_mapping("node", name, data, path, mistakes)
        return NodePiece(flow, name, path)
    words = [word for word in WORDS if word in data]
    if len(words) != 1:
        _note_kinds(name, words, data, path, mistakes)
        return NodePiece(flow, name, path)
    return _read_kind(NodePiece(flow, name, path, word=words[0]), data, mistakes)


def _read_kind(piece: NodePiece, data: dict[str, object], mistakes: Mistakes) -> NodePiece:
    word, path = piece.word, piece.path
    before = mistakes.count
    spec = _CONDITIONS.get(word) or _kind(_KINDS[word], data[word], (*path, word), _WHAT[word], mistakes)
    if spec is None:
        return piece
    kind = word if word in _CONDITIONS else str(data[word])
    return replace(piece, kind=kind, spec=read(spec, data, path, mistakes), whole=mistakes.count == before)


def _kind(kinds: Mapping[str, _Spec], wanted: object, path: Path, what: str, mistakes: Mistakes) -> _Spec | None:
    if isinstance(wanted, str) and wanted in kinds:
        return kinds[wanted]
    hint = did_you_mean(str(wanted), kinds) or f"possible: {', '.join(kinds)}"
    if isinstance(wanted, str):
        mistakes.at_value(path, "E109", f"there is no {what} {quoted(wanted)}", hint)
    else:
        mistakes.at_value(path, "E106", f'"{path[-1]}" must be text, but {describe(wanted)}', hint)
    return None


def _note_no_mapping(what: str, name: str, data: object, path: Path, mistakes: Mistakes) -> None:
    message = f'the {what} "{name}" must be a mapping (key: value), but {describe(data)}'
    mistakes.at_value(path, "E106", message)


def _note_kinds(name: str, words: list[str], data: dict[str, object], path: Path, mistakes: Mistakes) -> None:
    if words:
        both = " and ".join(f'"{word}"' for word in words)
        mistakes.at_key(path, "E110", f'the node "{name}" has {both}', "a node does one thing: make two nodes of it")
        return
    kinds = (f'write "{word}: {key}"' for key in data for word in _KINDS if key in _KINDS[word])
    near = (f'"{key}": {hint}' for key in data if (hint := did_you_mean(key, WORDS)))
    hint = next(chain(kinds, near), "when begins a trigger, if or switch a condition, do an action")
    mistakes.at_key(path, "E110", f'the node "{name}" has none of when, if, switch, do', hint)
