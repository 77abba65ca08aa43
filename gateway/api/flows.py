"""`GET /campaigns/{campaign}/flows` and `/agents`: what the rules of a campaign are made of, and what goes on there."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.hints import did_you_mean
from rules.agents.base import Agent as RuleAgent
from rules.agents.base import AskingAgent
from rules.book import Flow as RuleFlow
from rules.book import IfNode, Node, Rulebook, SwitchNode, TriggerNode
from rules.conduct import Contacting
from rules.statuses import OPEN_STATUSES, CommunicationStatus
from rules.values import Position
from storage.transaction import Transaction

PLANNED = CommunicationStatus.PLANNED
WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Place(Told):
    """Where something stands in the rule file, counted from 1."""

    line: int
    column: int


class FlowNode(Told):
    """A step of a flow: ``kind`` is what it waits for (`when`), if, switch, or what it does (`do`); ``edges`` name the
    nodes that it leads to. ``waiting`` are the paths that wait there. Of the communications that it has asked for,
    ``planned`` have not begun, ``open`` go on, and ``ended`` tells how many have come to each end."""

    node: str
    kind: str
    position: Place
    edges: dict[str, str]
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
    """The flows of the rule file in force. ``elsewhere`` counts the paths that wait at nodes which it has no more (they
    stay on the version that they began with), by the nodes' full names."""

    campaign: str
    file: str
    rules: str
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


@dataclass(frozen=True, slots=True)
class Live:
    """What goes on, by the full names of nodes."""

    waiting: Mapping[str, int]
    communications: Mapping[str, Mapping[str, int]]


async def list_flows(asked: Asked[NoQuery, None]) -> Answer:
    """The flows of a campaign, with what goes on at each node."""
    book = asked.desk.book(asked.path["campaign"])
    live = await asked.desk.count(("live", book.campaign), lambda t: live_in(t, book.campaign))
    names = {node.full_name for flow in book.flows.values() for node in flow.nodes.values()}
    flows, gone = [_flow(flow, live) for flow in book.flows.values()], set(live.waiting) - names
    elsewhere = {name: live.waiting[name] for name in sorted(gone)}
    body = Flows(campaign=book.campaign, file=book.file, rules=book.hash, flows=flows, elsewhere=elsewhere)
    return Answer(body=body)


async def get_flow(asked: Asked[NoQuery, None]) -> Answer:
    """One flow, with what goes on at each node."""
    book, name = asked.desk.book(asked.path["campaign"]), asked.path["flow"]
    if name not in book.flows:
        detail = f'the campaign has no flow "{name[:60]}"{did_you_mean(name, book.flows)}'
        raise Problem(404, "unknown-flow", "Unknown flow", detail)
    live = await asked.desk.count(("live", book.campaign), lambda t: live_in(t, book.campaign))
    return Answer(body=_flow(book.flows[name], live))


async def list_agents(asked: Asked[NoQuery, None]) -> Answer:
    """The agents of a campaign."""
    book = asked.desk.book(asked.path["campaign"])
    return Answer(body=Agents(agents=[_agent(book, agent) for agent in book.agents.values()]))


def live_in(t: Transaction, campaign: str) -> Live:
    """What goes on in a campaign, whatever version of the rule file it began with."""
    waiting: Counter[str] = Counter()
    for (node, _), number in t.runs.counts(campaign).items():
        waiting[node] += number
    return Live(waiting, t.lists.counting.nodes(campaign))


def kind_of(node: Node) -> str:
    """What the rule file says that it is."""
    match node:
        case TriggerNode():
            return str(node.when)
        case IfNode():
            return "if"
        case SwitchNode():
            return "switch"
        case _:
            return in_words(node)


def in_words(thing: object) -> str:
    """The name of its class as rule files write it."""
    return WORD.sub("_", type(thing).__name__).lower()


def _flow(flow: RuleFlow, live: Live) -> Flow:
    nodes = [_node(node, live) for node in flow.nodes.values()]
    return Flow(flow=flow.name, position=_place(flow.position), nodes=nodes)


def _node(node: Node, live: Live) -> FlowNode:
    counts = live.communications.get(node.full_name, {})
    return FlowNode(
        node=node.name,
        kind=kind_of(node),
        position=_place(node.position),
        edges=dict(node.edges),
        waiting=live.waiting.get(node.full_name, 0),
        planned=counts.get(PLANNED, 0),
        open=sum(counts.get(status, 0) for status in OPEN_STATUSES if status is not PLANNED),
        ended={status: number for status, number in counts.items() if status not in OPEN_STATUSES},
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
