"""`GET /campaigns/{campaign}/analytics`: what came of a campaign, day by day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, Given, Told
from gateway.api.queries import ADay
from gateway.api.scopes import Scope
from storage.listing.counting import Span
from storage.transaction import Transaction
from storage.values import Row

MAX_DAYS = 92
DAYS = 30
DAY = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(9999, 12, 31)


class AnalyticsQuery(Given):
    """Which days."""

    last_day: Annotated[ADay, Field(description="the last of the days, today at the latest")] = LAST_DAY
    days: Annotated[int, Field(ge=1, le=MAX_DAYS, description=f"how many, 1 to {MAX_DAYS}")] = DAYS


class CommunicationCount(Told):
    """How many communications that came to be then stand so now."""

    channel: str
    status: str
    number: int


class MessageCount(Told):
    """How many messages of then stand so now: ``direction`` in or out, ``status`` "" for what people wrote, or what
    is owed."""

    channel: str
    direction: str
    status: str
    number: int


class Day(Told):
    """One day."""

    day: date
    communications: list[CommunicationCount]
    messages: list[MessageCount]


class Analytics(Told):
    """What came of a campaign: how many participants have come to each outcome ("" for none yet), in all; and of these
    days, which are those of the campaign's ``timezone``, what was said. A day without anything is not told."""

    campaign: str
    timezone: str
    first_day: date
    last_day: date
    outcomes: dict[str, int]
    communications: list[CommunicationCount]
    messages: list[MessageCount]
    by_day: list[Day]


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another one, both included, of a time zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def span(self) -> Span:
        """From the first midnight to the last."""
        return Span(self._midnight(self.first), self._midnight(self.last + DAY))

    def day(self, at: datetime) -> date:
        """The day that it is then."""
        return at.astimezone(self.zone).date()

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


async def get_analytics(asked: Asked[AnalyticsQuery, None]) -> Answer:
    """What came of a campaign.

    Its participants by outcome; its communications and messages by status and channel, day by day, for 92 days at most.
    """
    book = asked.desk.book(asked.path["campaign"])
    days = days_of(asked.query, ZoneInfo(book.timezone), asked.desk.now())
    key = ("analytics", book.campaign, days)
    body = await asked.desk.count(key, lambda t: _analytics(t, book.campaign, days), patiently=False)
    return Answer(body=body)


def days_of(query: AnalyticsQuery, zone: ZoneInfo, now: datetime) -> Days:
    """The days that are asked for, none of them in the future."""
    last = max(FIRST_DAY, min(query.last_day, now.astimezone(zone).date()))
    return Days(last - (query.days - 1) * DAY, last, zone)


def _analytics(t: Transaction, campaign: str, days: Days) -> Analytics:
    talks = list(t.lists.counting.communications(campaign, days.span))
    messages = list(t.lists.counting.messages(campaign, days.span))
    said_on, begun_on = by_day(messages, days), by_day(talks, days)
    return Analytics(
        campaign=campaign,
        timezone=days.zone.key,
        first_day=days.first,
        last_day=days.last,
        outcomes=t.lists.counting.outcomes(campaign),
        communications=_talks(talks),
        messages=_messages(messages),
        by_day=[
            Day(day=day, communications=_talks(begun_on.get(day, [])), messages=_messages(said_on.get(day, [])))
            for day in sorted({*said_on, *begun_on})
        ],
    )


def by_day(rows: Iterable[Row], days: Days) -> dict[date, list[Row]]:
    """The rows of each day."""
    found: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        found[days.day(row["at"])].append(row)
    return found


def _talks(rows: Sequence[Row]) -> list[CommunicationCount]:
    counted = _counted(rows, "channel", "status").items()
    return [CommunicationCount(channel=channel, status=status, number=number) for (channel, status), number in counted]


def _messages(rows: Sequence[Row]) -> list[MessageCount]:
    counted = _counted(rows, "channel", "direction", "status").items()
    return [MessageCount(channel=c, direction=d, status=s, number=number) for (c, d, s), number in counted]


def _counted(rows: Sequence[Row], *names: str) -> dict[tuple[str, ...], int]:
    counts: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        counts[tuple(row[name] for name in names)] += row["number"]
    return dict(sorted(counts.items()))


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/campaigns/{campaign}/analytics",
        tag="campaigns",
        scope=Scope.READ,
        handler=get_analytics,
        query=AnalyticsQuery,
        answers={200: Analytics},
    ),
)
