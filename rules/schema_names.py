"""The names that the rule files of a project give, gathered for an editor to offer, however broken the files are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.fields import IDENTIFIER_KINDS
from rules.loading.naming import MAX_NAME, NAME
from rules.loading.project import Project
from rules.marks import read_what_can_be_read

Schema = dict[str, object]
NAME_SHAPE: Schema = {"type": "string", "pattern": f"^{NAME}$", "maxLength": MAX_NAME}
_TALK_SHAPE: Schema = {"type": "string", "pattern": rf"^({NAME}\.)?{NAME}$"}


@dataclass(frozen=True, slots=True)
class GivenNames:
    """What all files of a project together call their pieces, each name once. ``talks`` are communicate nodes, by
    their own name and as `flow.node`."""

    fields: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    talks: tuple[str, ...] = ()


def gather_names(texts: Iterable[str | bytes]) -> GivenNames:
    """The names in these rule files, as far as each can be read; never raises."""
    files = [_mapping(read_what_can_be_read(text)) for text in texts]
    nodes = [found for file in files for found in _nodes(file)]
    talks = [(flow, name) for flow, name, node in nodes if _mapping(node).get("do") == "communicate"]
    return GivenNames(
        fields=_once(name for file in files for name in _mapping(file.get("fields"))),
        agents=_once(name for file in files for name in _mapping(file.get("agents"))),
        flows=_once(name for file in files for name in _mapping(file.get("flows"))),
        nodes=_once(name for _, name, _ in nodes),
        talks=_once(written for flow, name in talks for written in (name, f"{flow}.{name}")),
    )


def name_definitions(project: Project, given: GivenNames) -> dict[str, Schema]:
    """By what it names, what may stand where a piece is named.

    The project's channels, services and functions are all there are; what files give is offered, for each file may
    give other names.
    """
    return {
        "channel_name": _one_of(project.channels),
        "service_name": _one_of(project.services),
        "function_name": _one_of(project.functions),
        "agent_name": _offered(given.agents),
        "flow_name": _offered(given.flows),
        "node_name": _offered(given.nodes),
        "node_name_or_none": {"anyOf": [_offered(given.nodes), {"const": ""}]},
        "talk_name": _offered(given.talks, _TALK_SHAPE),
        "field_name": _offered(given.fields),
        "field_or_identifier": _offered(_once((*given.fields, *IDENTIFIER_KINDS))),
    }


def _nodes(file: Mapping[str, object]) -> Iterator[tuple[str, str, object]]:
    for flow, nodes in _mapping(file.get("flows")).items():
        yield from ((flow, name, node) for name, node in _mapping(nodes).items())


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _one_of(names: Iterable[str]) -> Schema:
    """One of these names; where there are none, nothing will do."""
    known = sorted(names)
    return {"enum": known} if known else {"not": {}}


def _offered(names: tuple[str, ...], shape: Schema = NAME_SHAPE) -> Schema:
    return {"anyOf": [{"enum": list(names)}, shape]} if names else shape
