"""`GET /campaigns/{campaign}/counts`: how many passed the nodes of a campaign, hour by hour or day by day."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, Told
from gateway.api.problems import Problem
from gateway.api.queries import EVER, NEVER, Name, Span
from gateway.api.scopes import Scope
from gateway.hints import did_you_mean
from gateway.node_counts import HOURS_KEPT, day_of, hour_of
from rules.book import Rulebook
from storage.transaction import Transaction
from storage.values import Row

EARLIEST, LATEST = datetime(1972, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
STEPS = {"hour": hour_of, "day": day_of}
LONGEST = {"hour": HOURS_KEPT, "day": timedelta(days=366)}
UNASKED = {"hour": timedelta(days=1), "day": timedelta(days=30)}  # how far back where nothing is said of it


class CountsQuery(Span):
    """Which time, and which flow."""

    step: Annotated[
        Literal["hour", "day"], Field(description=f"by hour ({HOURS_KEPT.days} days at most) or by day (366 at most)")
    ] = "day"
    flow: Annotated[Name, Field(description="of the nodes of this flow only")] = ""


class NodeCount(Told):
    """How often one way was taken from a node (its full name) in the hour or day that began ``at``: an edge of the node
    (`end` where nothing can follow), or `ended.STATUS` for communications of the node that came to this end."""

    at: datetime
    node: str
    way: str
    number: int


class NodeCounts(Told):
    """What passed the nodes of a campaign, whatever version of its rule file was in force then. Hours and days are
    those of the campaign's ``timezone`` that began from ``since`` on and before ``until``; nothing is
    counted of times before ``counted_since``. All times are told in that zone."""

    campaign: str
    timezone: str
    step: str
    since: datetime
    until: datetime
    counted_since: datetime | None
    counts: list[NodeCount]


async def list_counts(asked: Asked[CountsQuery, None]) -> Answer:
    """How many passed the nodes of a campaign, by the way they took, hour by hour or day by day.

    Without `since`, the last day by hour or the last 30 days by day. A participant who comes by twice is counted twice.
    Hours older than 35 days are counted by day only.
    """
    book = asked.desk.book(asked.path["campaign"])
    query, since, until = asked.query, *span_of(asked.query, book.timezone, asked.desk.now())
    if query.flow and query.flow not in book.flows:
        detail = f'the campaign has no flow "{query.flow[:60]}"{did_you_mean(query.flow, book.flows)}'
        raise Problem(404, "unknown-flow", "Unknown flow", detail)
    key = ("counts", book.campaign, since, until, query.step, query.flow)
    body = await asked.desk.count(key, lambda t: _counts(t, book, query, since, until), patiently=False)
    return Answer(body=body)


def span_of(query: CountsQuery, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """The time that is asked for, from the begin of its first hour or day on. Raises 409 where that is too long."""
    until = hour_of(now, zone) + HOUR if query.until == NEVER else min(max(query.until, EARLIEST), LATEST)
    since = until - UNASKED[query.step] if query.since == EVER else min(query.since, until)
    longest = LONGEST[query.step]
    if until - since > longest:
        detail = f"by {query.step}, at most {longest.days} days can be told at once"
        errors = [{"field": "since", "reason": detail}]
        raise Problem(409, "too-long-a-time", "This is too long a time", detail, errors=errors)
    return STEPS[query.step](since, zone), until


def _counts(t: Transaction, book: Rulebook, query: CountsQuery, since: datetime, until: datetime) -> NodeCounts:
    rows = t.node_counts.over_time(book.campaign, since, until, query.flow)
    zone, began = ZoneInfo(book.timezone), t.node_counts.since(book.campaign)
    return NodeCounts(
        campaign=book.campaign,
        timezone=book.timezone,
        step=query.step,
        since=since.astimezone(zone),
        until=until.astimezone(zone),
        counted_since=began.astimezone(zone) if began else None,
        counts=[
            NodeCount(at=at.astimezone(zone), node=node, way=way, number=number)
            for (at, node, way), number in added_up(rows, query.step, book.timezone).items()
        ],
    )


def added_up(rows: list[Row], step: str, zone: str) -> dict[tuple[datetime, str, str], int]:
    """By the begin of each step, node and way. Of what is counted by day already nothing is told by hour."""
    found: Counter[tuple[datetime, str, str]] = Counter()
    for row in rows:
        if step == "day" or not row["daily"]:
            found[STEPS[step](row["at"], zone), row["node"], row["way"]] += row["number"]
    return dict(sorted(found.items()))


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/campaigns/{campaign}/counts",
        tag="flows",
        scope=Scope.READ,
        handler=list_counts,
        query=CountsQuery,
        answers={200: NodeCounts},
        problems={409: "It is too long a time to be told at once, by hour or by day"},
    ),
)
