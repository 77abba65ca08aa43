"""What is owed and when. Things of one lane come one after the other, however long the first of them takes."""

from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush

from channels.sandbox.entries import Delivery, Plan


@dataclass(order=True, slots=True)
class Owed:
    """One thing owed. ``order`` is its place in the lane for good; ``not_before`` moves when it is put off."""

    order: tuple[datetime, int]
    thing: Delivery | Plan = field(compare=False)
    not_before: datetime = field(compare=False)
    tries: int = field(default=0, compare=False)


class Agenda:
    """Hands out what is due. A lane whose first thing is out, or put off, waits for it."""

    def __init__(self) -> None:
        self._lanes: dict[str, list[Owed]] = {}
        self._out: dict[str, Owed] = {}
        self._heads: list[tuple[datetime, tuple[datetime, int], str]] = []
        self._count = 0

    @property
    def out(self) -> int:
        """How many things are out and neither finished nor put off."""
        return len(self._out)

    def __len__(self) -> int:
        """How many things are owed, those that are out included."""
        return sum(map(len, self._lanes.values())) + len(self._out)

    def add(self, thing: Delivery | Plan) -> None:
        """Owe it from its due time on."""
        self._count += 1
        heappush(self._lanes.setdefault(thing.lane, []), Owed((thing.due, self._count), thing, thing.due))
        self._show_head(thing.lane)

    def take(self, now: datetime) -> Owed | None:
        """The next thing due, now out; None when nothing is due in a free lane."""
        due = self.next_due()
        if due is None or due > now:
            return None
        lane = heappop(self._heads)[2]
        self._out[lane] = heappop(self._lanes[lane])
        return self._out[lane]

    def finish(self, owed: Owed) -> None:
        """It is settled: the lane goes on."""
        lane = owed.thing.lane
        del self._out[lane]
        if not self._lanes[lane]:
            del self._lanes[lane]
        self._show_head(lane)

    def put_off(self, owed: Owed, until: datetime) -> None:
        """Try it again then; the lane waits for it."""
        lane = owed.thing.lane
        del self._out[lane]
        owed.not_before, owed.tries = until, owed.tries + 1
        heappush(self._lanes[lane], owed)
        self._show_head(lane)

    def next_due(self) -> datetime | None:
        """When the next thing of a free lane is due; None when every lane is empty or out."""
        while self._heads and not self._is_head(self._heads[0]):
            heappop(self._heads)
        return self._heads[0][0] if self._heads else None

    def _show_head(self, lane: str) -> None:
        if lane not in self._out and self._lanes.get(lane):
            head = self._lanes[lane][0]
            heappush(self._heads, (head.not_before, head.order, lane))

    def _is_head(self, shown: tuple[datetime, tuple[datetime, int], str]) -> bool:
        not_before, order, lane = shown
        if lane in self._out or not self._lanes.get(lane):
            return False
        head = self._lanes[lane][0]
        return (head.not_before, head.order) == (not_before, order)
