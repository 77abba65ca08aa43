"""`/campaigns/{campaign}/reload` and `/plan`: the rule file, and what waits on earlier versions of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from aiohttp import hdrs
from pydantic import Field

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.campaigns import CampaignInFull, get_campaign
from gateway.api.endpoints import Endpoint, Given, NoQuery, Told
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.api.serving import require_match
from gateway.planning import NOT_KEPT, Waiting, outlook
from gateway.rulebooks import Changes
from gateway.settling import CannotSettle, Settling, moves_for
from gateway.stepping import in_steps
from rules.book import Rulebook
from storage.transaction import Transaction

MAX_MOVES = 1_000
MAX_NODE = 200  # characters of a node's full name

Node = Annotated[str, Field(max_length=MAX_NODE)]


class WaitingAt(Told):
    """What waits at a node on one version of the rule file: so many ``runs``, and ``planned`` communications.

    In the file in force, the node is gone (``vanishes``) or differs in the keys ``changes``; ``lost`` says why that
    version can be loaded no longer, "" where it can. ``same``: it may as well wait on where it is.
    """

    node: str
    rules: str
    since: Moment | None
    runs: int
    planned: int
    vanishes: bool
    changes: list[str]
    lost: str
    same: bool


class Plan(Told):
    """What waits in a campaign, compared with the version ``rules`` that is in force."""

    campaign: str
    rules: str
    waiting: list[WaitingAt]


class Moves(Given):
    """``moves``: what waits at a node (`flow.node`) moves to another one. With ``end``, whatever else waits at nodes
    that change or vanish ends; at the one ``node`` only, where that is named."""

    moves: dict[Node, Node] = Field(default_factory=dict, max_length=MAX_MOVES)
    end: bool = False
    node: Node = ""


class SettledNode(Told):
    """What waited at ``node`` and moves to the node ``to``, or ends where that is ""."""

    node: str
    to: str
    runs: int
    planned: int


class SettledPlan(Told):
    """What is settled, and how many participants it concerns."""

    campaign: str
    settled: list[SettledNode]
    participants: int


async def reload_campaign(asked: Asked[NoQuery, None]) -> Answer:
    """Look at the rules folder now.

    Sound files that changed come into force, those of other campaigns, too. Of several hosts it is the folder of the
    one that answers, and this campaign's file there comes into force even where it is an `older_file`. 200 with the
    campaign; 409 where its file is broken, with every mistake: it goes on with the version before.
    """
    name = asked.path["campaign"]
    try:
        changes = await asked.desk.reload(lambda t, found: _tell_rules(t, asked, found), name)
    except OSError as error:
        raise Problem(409, "rules-unreadable", "The rules folder can't be read", error.strerror or "") from None
    asked.desk.ring()
    if errors := _mistakes(changes, name):
        raise Problem(409, "broken-rules", "The campaign's rule file is broken", errors=errors)
    return await get_campaign(asked)


def _tell_rules(t: Transaction, asked: Asked[Any, Any], changes: Changes) -> None:
    before = asked.desk.campaigns()
    for book in changes.books:
        old = before[book.campaign].hash if book.campaign in before else ""
        subject = f"campaign/{book.campaign}"
        t.audit.add([asked.entry("reload_campaign", subject, before={"rules": old}, after={"rules": book.hash})])


def _mistakes(changes: Changes, campaign: str) -> list[dict[str, str]]:
    """Each mistake of the campaign's file, with its place."""
    files = {one.file for one in changes.broken if one.campaign == campaign}
    return [
        {"field": f"{one.position.line}:{one.position.column}", "reason": f"{one.code}: {one.message}"}
        for one in changes.errors
        if one.position.file in files
    ]


async def get_plan(asked: Asked[NoQuery, None]) -> Answer:
    """What waits on earlier versions of the rule file, and how its node differs in the one in force."""
    book = asked.desk.book(asked.path["campaign"])
    waiting, _ = await asked.desk.storage.read(lambda t: _outlook(t, asked, book))
    return Answer(body=_plan(book, waiting))


async def post_plan(asked: Asked[NoQuery, Moves]) -> Answer:
    """Move what waits to nodes of the rule file in force, or end it.

    It is decided participant by participant after this answer. Doing so again changes nothing more.
    """
    desk, wanted = asked.desk, asked.body
    book = desk.book(asked.path["campaign"])
    waiting, text = await desk.storage.read(lambda t: _outlook(t, asked, book))
    require_match(asked, _plan(book, waiting))
    moves = _moves(book, waiting, wanted)
    settling = Settling(book, text.encode(), moves, desk.now(), asked.new_id())
    if moves:
        await in_steps(desk.storage, lambda t: _begin(t, asked, settling), settling.leave, desk.ring)
    settled = [_settled(old, new, waiting) for old, new in moves.items()]
    return Answer(body=SettledPlan(campaign=book.campaign, settled=settled, participants=settling.left))


def _outlook(t: Transaction, asked: Asked[Any, Any], book: Rulebook) -> tuple[tuple[Waiting, ...], str]:
    """What waits, and the text of the file in force."""
    row = t.campaigns.version(book.hash)
    if row is None:
        raise Problem(409, "no-version", "The campaign can't be compared", NOT_KEPT)
    return outlook(t, book.campaign, row["text"], asked.desk.project), row["text"]


def _moves(book: Rulebook, waiting: Sequence[Waiting], wanted: Moves) -> Mapping[str, str]:
    if wanted.node and not wanted.end:
        raise Problem(409, "cannot-settle", "Nothing was done", "node says what end ends: give both")
    try:
        return moves_for(book, waiting, list(wanted.moves.items()), end=wanted.end, only=wanted.node)
    except CannotSettle as error:
        raise Problem(409, "cannot-settle", "Nothing was done", str(error)) from None


def _begin(t: Transaction, asked: Asked[Any, Any], settling: Settling) -> None:
    """Unless another file came into force meanwhile: to settle on ours would bring ours back."""
    row = t.campaigns.get(settling.book.campaign)
    if row is not None and row["rules"] != settling.book.hash:
        raise Problem(409, "cannot-settle", "Nothing was done", "the rule file has just changed: get the plan again")
    if hdrs.IF_MATCH in asked.http.headers:
        require_match(asked, _plan(settling.book, _outlook(t, asked, settling.book)[0]))
    settling.begin(t)
    t.audit.add([asked.entry("post_plan", f"campaign/{settling.book.campaign}", after={"moves": dict(settling.moves)})])


def _settled(old: str, new: str, waiting: Sequence[Waiting]) -> SettledNode:
    there = [one for one in waiting if one.node == old]
    runs, planned = sum(one.runs for one in there), sum(one.planned for one in there)
    return SettledNode(node=old, to=new, runs=runs, planned=planned)


def _plan(book: Rulebook, waiting: Sequence[Waiting]) -> Plan:
    return Plan(campaign=book.campaign, rules=book.hash, waiting=[_waiting(one) for one in waiting])


def _waiting(one: Waiting) -> WaitingAt:
    return WaitingAt(
        node=one.node,
        rules=one.rules,
        since=one.since,
        runs=one.runs,
        planned=one.planned,
        vanishes=one.vanishes,
        changes=list(one.changes),
        lost=one.lost,
        same=one.is_same,
    )


PLAN = "/campaigns/{campaign}/plan"
ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/campaigns/{campaign}/reload",
        tag="campaigns",
        scope=Scope.WRITE,
        handler=reload_campaign,
        answers={200: CampaignInFull},
        problems={409: "The campaign's rule file is broken; `errors` names each mistake with its line and column"},
    ),
    Endpoint(
        method="GET",
        path=PLAN,
        tag="campaigns",
        scope=Scope.READ,
        handler=get_plan,
        answers={200: Plan},
        problems={409: "The text of a version is not kept, so that it can't be compared"},
    ),
    Endpoint(
        method="POST",
        path=PLAN,
        tag="campaigns",
        scope=Scope.WRITE,
        handler=post_plan,
        body=Moves,
        answers={200: SettledPlan},
        matches=True,
        problems={409: "Nothing waits there, or it cannot move there; `detail` says what stands in the way"},
    ),
)
