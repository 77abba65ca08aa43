"""`GET /campaigns/{campaign}/flows` and `/agents`: what the rules of a campaign are made of, and what goes on there."""

from datetime import datetime
from typing import Any

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.hints import did_you_mean
from gateway.live_counts import LiveCounts, live_counts
from rules.agents.base import Agent as RuleAgent
from rules.agents.base import AskingAgent
from rules.book import Flow as RuleFlow
from rules.book import Node, Rulebook
from rules.conduct import Contacting
from rules.kinds import in_words, kind_of
from rules.statuses import OPEN_STATUSES, CommunicationStatus
from rules.values import Position

PLANNED = CommunicationStatus.PLANNED


class Place(Told):
    """Where something stands in the rule file, counted from 1."""

    line: int
    column: int


class FlowNode(Told):
    """A step of a flow: ``kind`` is what it waits for (`when`), if, switch, or what it does (`do`); ``edges`` name the
    nodes that it leads to. ``passed`` is how often a path has come by and gone on, or ended there, and ``taken`` by
    which edge (`end` where nothing can follow); ``failed`` is how many of its calls or communications failed for good.
    ``waiting`` are the paths that wait there. Of the communications that it has asked for, ``planned`` have not begun,
    ``open`` go on, and ``ended`` tells how many have come to each end."""

    node: str
    kind: str
    position: Place
    edges: dict[str, str]
    passed: int
    failed: int
    taken: dict[str, int]
    waiting: int
    planned: int
    open: int
    ended: dict[str, int]


class Flow(Told):
    """A flow with its nodes, in the order of the file."""

    flow: str
    position: Place
    nodes: list[FlowNode]


class Flows(Told):
    """The flows of the rule file in force. What passed is counted since ``counted_since``, the first hour of which
    anything is. ``elsewhere`` counts the paths that wait at nodes which the file has no more (they stay on the version
    that they began with), by the nodes' full names."""

    campaign: str
    file: str
    rules: str
    counted_since: datetime | None
    flows: list[Flow]
    elsewhere: dict[str, int]


class Agent(Told):
    """Who holds a kind of talk. ``results`` are the names and types of what it records, ``nodes`` the full names of
    those that let it talk; ``reply_within`` (seconds) is how long a person may take to answer, ``service`` the one of
    the settings that holds the talk."""

    agent: str
    kind: str
    position: Place
    results: dict[str, str]
    expects_reply: bool
    reply_within: float | None
    service: str
    nodes: list[str]


class Agents(Told):
    """The agents of a campaign, in the order of the file."""

    agents: list[Agent]


async def list_flows(asked: Asked[NoQuery, None]) -> Answer:
    """The flows of a campaign, with what goes on at each node."""
    book = asked.desk.book(asked.path["campaign"])
    live = await _live(asked, book)
    names = {node.full_name for flow in book.flows.values() for node in flow.nodes.values()}
    flows = [_flow(flow, live) for flow in book.flows.values()]
    elsewhere = {name: at.waiting for name, at in sorted(live.nodes.items()) if at.waiting and name not in names}
    body = Flows(
        campaign=book.campaign,
        file=book.file,
        rules=book.hash,
        counted_since=live.since,
        flows=flows,
        elsewhere=elsewhere,
    )
    return Answer(body=body)


async def get_flow(asked: Asked[NoQuery, None]) -> Answer:
    """One flow, with what goes on at each node."""
    book, name = asked.desk.book(asked.path["campaign"]), asked.path["flow"]
    if name not in book.flows:
        detail = f'the campaign has no flow "{name[:60]}"{did_you_mean(name, book.flows)}'
        raise Problem(404, "unknown-flow", "Unknown flow", detail)
    live = await _live(asked, book)
    return Answer(body=_flow(book.flows[name], live))


async def list_agents(asked: Asked[NoQuery, None]) -> Answer:
    """The agents of a campaign."""
    book = asked.desk.book(asked.path["campaign"])
    return Answer(body=Agents(agents=[_agent(book, agent) for agent in book.agents.values()]))


async def _live(asked: Asked[NoQuery, None], book: Rulebook) -> LiveCounts:
    return await asked.desk.count(("live", book.campaign), lambda t: live_counts(t, book.campaign))


def _flow(flow: RuleFlow, live: LiveCounts) -> Flow:
    nodes = [_node(node, live) for node in flow.nodes.values()]
    return Flow(flow=flow.name, position=_place(flow.position), nodes=nodes)


def _node(node: Node, live: LiveCounts) -> FlowNode:
    counts = live.at(node.full_name)
    talks = counts.communications
    planned = talks.get(PLANNED, 0)
    return FlowNode(
        node=node.name,
        kind=kind_of(node),
        position=_place(node.position),
        edges=dict(node.edges),
        passed=counts.passed,
        failed=counts.failed,
        taken=counts.taken,
        waiting=counts.waiting,
        planned=planned,
        open=counts.open - planned,
        ended={status: number for status, number in talks.items() if status not in OPEN_STATUSES},
    )


def _agent(book: Rulebook, agent: RuleAgent) -> Agent:
    nodes = [node for flow in book.flows.values() for node in flow.nodes.values()]
    return Agent(
        agent=agent.name,
        kind=in_words(agent),
        position=_place(agent.position),
        results={name: str(kind) for name, kind in agent.results.items()},
        expects_reply=agent.expects_reply,
        reply_within=agent.reply_within.total_seconds() if agent.reply_within else None,
        service=agent.service if isinstance(agent, AskingAgent) else "",
        nodes=[node.full_name for node in nodes if isinstance(node, Contacting) and node.agent == agent.name],
    )


def _place(position: Position) -> Place:
    return Place(line=position.line, column=position.column)


PATH = "/campaigns/{campaign}"
ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path=f"{PATH}/flows",
        tag="flows",
        scope=Scope.READ,
        handler=list_flows,
        answers={200: Flows},
    ),
    Endpoint(
        method="GET",
        path=f"{PATH}/flows/{{flow}}",
        tag="flows",
        scope=Scope.READ,
        handler=get_flow,
        answers={200: Flow},
    ),
    Endpoint(
        method="GET",
        path=f"{PATH}/agents",
        tag="agents",
        scope=Scope.READ,
        handler=list_agents,
        answers={200: Agents},
    ),
)
