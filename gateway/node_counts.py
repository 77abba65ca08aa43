"""Count what was decided: at which node which way was taken, and how its communications ended."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.decided import Decided, Reacted
from rules.actions.asking import Asking
from rules.book import Node, Rulebook
from rules.effects import ChangeCommunication
from rules.reaction import Visit
from rules.runs import node_named
from rules.statuses import FINAL_STATUSES
from rules.ways import ways_from, ways_taken
from storage.values import Row

ENDED = "ended."  # before the status to which a communication of the node came
FAILED = "failed"  # the edge of a call that failed, and the end of a communication that did
MAX_KNOWN = 50_000
HOURS_KEPT = timedelta(days=35)  # older hours become days
WAITS = ""  # the way of a path that stays

Counted = Counter[tuple[str, str, str]]


@dataclass
class NodeCounting:
    """Counts batches. What most nodes answer every time is remembered: by which edge a path left for the next node."""

    _known: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def rows(self, decided: Iterable[Decided], books: Mapping[str, Rulebook], now: datetime) -> list[Row]:
        """What was decided ``now`` (UTC), added up: campaign, node, way, at (when the hour began) and number."""
        counted: Counted = Counter()
        for one in decided:
            for reacted in one.reactions:
                if book := books.get(reacted.place.campaign):
                    self._count(counted, reacted, book)
        hours = {campaign: hour_of(now, books[campaign].timezone) for campaign in {key[0] for key in counted}}
        return [
            {"campaign": campaign, "node": node, "way": way, "at": hours[campaign], "number": number}
            for (campaign, node, way), number in counted.items()
        ]

    def _count(self, counted: Counted, reacted: Reacted, present: Rulebook) -> None:
        campaign = reacted.place.campaign
        for considered in reacted.reaction.log:
            book = reacted.scene.earlier.get(considered.rules) if considered.rules else present
            for activation in considered.activations:
                for visit in activation.visits:
                    if book and (way := self._way(book, visit)):
                        counted[campaign, visit.node, way] += 1
        for node, status in ended(reacted):
            counted[campaign, node, f"{ENDED}{status}"] += 1

    def _way(self, book: Rulebook, visit: Visit) -> str:
        """The edge that the visit took; `WAITS` for none."""
        key = (book.hash, visit.node, visit.next)
        way = self._known.get(key)
        if way is None:
            node = node_named(book, visit.node)
            way = _taken(node, visit) if node else WAITS
            if node is None or _is_plain(node, visit):
                self._remember(key, way)
        return way

    def _remember(self, key: tuple[str, str, str], way: str) -> None:
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[key] = way


def hour_of(moment: datetime, zone: str) -> datetime:
    """When the hour began (UTC) that it was then by the clocks of a time zone: in some, hours begin at half past."""
    return moment.astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def begin_of(moment: datetime, zone: str, now: datetime | None = None) -> datetime:
    """When that began (UTC) in which a moment is counted as of ``now`` (None: as of this moment): its hour, or of what
    is older than hours are kept its day."""
    is_old = moment < (now or datetime.now(UTC)) - HOURS_KEPT
    return day_of(moment, zone) if is_old else hour_of(moment, zone)


def day_of(moment: datetime, zone: str) -> datetime:
    """When the day began (UTC) that it was then in a time zone."""
    there = ZoneInfo(zone)
    return datetime.combine(moment.astimezone(there).date(), time(), there).astimezone(UTC)


def _taken(node: Node, visit: Visit) -> str:
    """Of several edges that cannot be told apart, the first."""
    ways = ways_taken(node, visit.next, visit.saw, visit.result)
    return ways[0].edge if ways else WAITS


def _is_plain(node: Node, visit: Visit) -> bool:
    """Whether each path from this node to that one took the same edge."""
    target = f"{node.flow}.{visit.next}" if visit.next else ""
    return not isinstance(node, Asking) and sum(way.target == target for way in ways_from(node)) <= 1


def ended(reacted: Reacted) -> Iterator[tuple[str, str]]:
    """The node and the status of each communication that came to its end; what changes afterwards is no end."""
    changed = (one.communication for one in reacted.reaction.effects if isinstance(one, ChangeCommunication))
    now = {talk.id: talk for talk in changed if talk.status in FINAL_STATUSES}
    if now:
        over = {talk.id for talk in reacted.scene.communications if talk.status in FINAL_STATUSES}
        yield from ((talk.node, str(talk.status)) for id, talk in now.items() if id not in over)
