"""Puts a whole file together: all names first, then every piece, then whether the flows hang together."""

from collections.abc import Mapping
from types import MappingProxyType

from rules.agents.base import Agent
from rules.book import Flow, Node, Rulebook, TriggerNode
from rules.loading.campaign import MAX_AGENTS, MAX_FLOWS, MAX_NODES
from rules.loading.graph import check_flow, check_triggers
from rules.loading.headings import Heading, read_channels, read_fields, read_heading
from rules.loading.known import Known, NodePiece
from rules.loading.mistakes import Mistakes
from rules.loading.naming import check_key, uses_of
from rules.loading.pieces import WORDS, read_agent, read_node, section
from rules.loading.project import Project
from rules.loading.site import Site
from rules.loading.takes import input_names, read_takes
from rules.loading.talks import Talks, Vocabulary
from rules.loading.vocabulary import TALK_PROPERTIES, results_of, vocabulary
from rules.loading.words import describe
from rules.marks import Path


def build(data: object, content: str, project: Project, mistakes: Mistakes) -> Rulebook | None:
    """The rulebook, in which stand-ins are where mistakes were noted; None where there is nothing to build from."""
    if not isinstance(data, dict):
        hint = 'a rule file begins with "campaign: its_name"'
        mistakes.at_value((), "E106", f"a rule file must be a mapping (key: value), but {describe(data)}", hint)
        return None
    heading = read_heading(data, mistakes)
    known = _know(data, heading, project, mistakes)
    return Rulebook(
        campaign=heading.campaign,
        hash=content,
        file=mistakes.marked.file,
        title=heading.title,
        timezone=heading.timezone,
        region=heading.region,
        contact=heading.contact,
        fields=MappingProxyType({name: field for name, field in known.fields.items() if field}),
        agents=MappingProxyType(_build_agents(known, mistakes)),
        channels=MappingProxyType(dict(known.channels)),
        flows=MappingProxyType(_build_flows(known, mistakes)),
        talks_named=frozenset(known.talks_named),  # complete, now that agents and flows are built
    )


def _know(data: dict[str, object], heading: Heading, project: Project, mistakes: Mistakes) -> Known:
    """All names first: a piece may speak of what stands below it."""
    fields = read_fields(data, heading, mistakes)
    agents = {
        name: read_agent(name, entry, path, mistakes)
        for name, entry, path in section(data, "agents", mistakes, MAX_AGENTS)
    }
    flows, named = _read_flows(data, mistakes), set[str]()
    results = results_of(agents.values(), mistakes)
    plain = vocabulary(fields, results)
    names = Vocabulary(plain, Talks(agents, flows, TALK_PROPERTIES), named)
    takes = read_takes(flows, heading, mistakes)
    return Known(
        region=heading.region,
        names=names,
        names_in={flow: names.also(input_names(taken)) for flow, taken in takes.items() if taken},
        fields=fields,
        channels=read_channels(data, project, mistakes),
        agents=agents,
        flows=flows,
        takes=takes,
        ill_named=tuple(use for name in results for use in uses_of(name) if use),
        talks_named=named,
        services=project.services,
        functions=project.functions,
    )


def _read_flows(data: dict[str, object], mistakes: Mistakes) -> dict[str, dict[str, NodePiece]]:
    flows = list(section(data, "flows", mistakes, MAX_FLOWS))
    count = sum(len(nodes) for _, nodes, _ in flows if isinstance(nodes, dict))
    if count > MAX_NODES:
        mistakes.at_key(("flows",), "E112", f"there are {count} nodes", f"at most {MAX_NODES} are possible")
        return {}
    return {flow: _read_nodes(flow, nodes, path, mistakes) for flow, nodes, path in flows}


def _read_nodes(flow: str, data: object, path: Path, mistakes: Mistakes) -> dict[str, NodePiece]:
    check_key(mistakes, "the flow name", path)
    if data is None or data == {}:
        return {}
    if not isinstance(data, dict):
        mistakes.at_value(path, "E106", f'the flow "{flow}" must be a mapping of nodes, but {describe(data)}')
        return {"": NodePiece(flow, "", path)}
    if word := next((word for word in WORDS if isinstance(data.get(word), str)), ""):
        hint = f"give the node a name: my_node: {{{word}: ...}}"
        mistakes.at_key((*path, word), "E106", "a flow holds named nodes, but this is a node itself", hint)
        return {"": NodePiece(flow, "", path)}
    return {name: read_node(flow, name, node, (*path, name), mistakes) for name, node in data.items()}


def _build_agents(known: Known, mistakes: Mistakes) -> dict[str, Agent]:
    return {
        name: agent.spec.build(Site(name, agent.path, known, mistakes, whole=agent.whole))
        for name, agent in known.agents.items()
        if agent.spec is not None
    }


def _build_flows(known: Known, mistakes: Mistakes) -> dict[str, Flow]:
    built = {name: _build_nodes(pieces, known, mistakes) for name, pieces in known.flows.items()}
    for name in built:
        check_flow(name, known.flows, mistakes)
    check_triggers(_triggers(built, known), mistakes)
    return {
        name: Flow(name=name, nodes=nodes, position=mistakes.marked.key(("flows", name)).position)
        for name, nodes in built.items()
    }


def _triggers(built: Mapping[str, Mapping[str, Node]], known: Known) -> list[TriggerNode]:
    """The triggers that are as the file says, in file order."""
    nodes = (node for flow in built.values() for node in flow.values() if isinstance(node, TriggerNode))
    return [node for node in nodes if known.flows[node.flow][node.name].whole]


def _build_nodes(pieces: Mapping[str, NodePiece], known: Known, mistakes: Mistakes) -> Mapping[str, Node]:
    return MappingProxyType(
        {
            name: piece.spec.build(Site(name, piece.path, known, mistakes, piece.flow, piece.whole))
            for name, piece in pieces.items()
            if piece.spec is not None
        }
    )
