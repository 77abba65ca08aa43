"""Follow events as they come in and are decided, by looking at the database again and again.

Each look reads at most `PAGE` new events and looks again at no more than `MOST_OPEN` of those before: those that were
waiting, and numbers that were skipped, for on PostgreSQL an event may be committed after one with a higher number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.parked_events import ParkedEvent, told
from storage.listing.events import EventsWanted
from storage.listing.pages import Key
from storage.transaction import Transaction
from storage.values import Row

PAGE = 500  # events read in one look
LOOK_BACK = 50_000  # events that came before and are looked through for those that are meant
MOST_OPEN = 1_000  # events looked at again; past it those are forgotten that have waited longest
GAP_SECONDS = 30.0  # after which a number that was skipped will never come
PATIENCE_SECONDS = 3.0  # after which an event is told though it still waits
UNDECIDED = ("waiting", "held")


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as it stands. ``campaigns`` are those that it concerned, ``fired`` the triggers that started flows
    (``campaign: flow.node``); ``customer`` and ``participant`` are ids, "" where unknown. Nothing personal."""

    number: int
    kind: str
    state: str
    campaigns: tuple[str, ...]
    customer: str
    participant: str
    fired: tuple[str, ...]
    note: str
    received_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Only:
    """Which are meant; "" for any."""

    campaign: str = ""
    kind: str = ""
    customer: str = ""
    state: str = ""

    def fits(self, seen: Seen) -> bool:
        """Whether it is meant."""
        wanted = ((self.kind, seen.kind), (self.customer, seen.customer), (self.state, seen.state))
        return all(ours in ("", theirs) for ours, theirs in wanted) and (
            not self.campaign or self.campaign in seen.campaigns
        )


ANY = Only()


@dataclass
class Follower:
    """Goes on behind the event ``last``. Each event is told once it is decided, parked, dropped or held, and before
    that where it waits for long."""

    last: int
    behind: bool = False  # whether the last look was full: there may be more already
    _open: dict[int, float] = field(default_factory=dict)  # when (in seconds) it was seen first, by number
    _told: dict[int, str] = field(default_factory=dict)  # the state in which an open one was told

    def look(self, t: Transaction, now: float) -> list[Seen]:
        """What is to be told at this moment, ``now`` in seconds of any clock that goes forward."""
        before, fresh = t.lists.events.those(list(self._open)), t.lists.events.after(self.last, PAGE)
        self.behind = len(fresh) == PAGE
        self._note_gaps(fresh, now)
        rows = [row for row in (*before, *fresh) if self._is_news(row, now)]
        self._forget(now)
        return seen(t, rows)

    def _note_gaps(self, fresh: Sequence[Row], now: float) -> None:
        if not fresh:
            return
        there, first, end = {row["id"] for row in fresh}, self.last + 1, fresh[-1]["id"]
        skipped = (number for number in range(max(first, end - MOST_OPEN), end) if number not in there)
        self._open.update((number, now) for number in skipped)
        self.last = end

    def _is_news(self, row: Row, now: float) -> bool:
        number, state = int(row["id"]), str(row["state"])
        since = self._open.setdefault(number, now)
        if state not in UNDECIDED:
            del self._open[number]
            self._told.pop(number, None)
            return True
        if state == self._told.get(number) or (state == "waiting" and now - since < PATIENCE_SECONDS):
            return False
        self._told[number] = state
        return True

    def _forget(self, now: float) -> None:
        """Gaps that nothing fills, and whatever is too much."""
        old = [number for number, since in self._open.items() if now - since > GAP_SECONDS and number not in self._told]
        for number in (*old, *list(self._open)[: max(len(self._open) - len(old) - MOST_OPEN, 0)]):
            self._open.pop(number, None)
            self._told.pop(number, None)


@dataclass(frozen=True, slots=True)
class Before:
    """The last events that are ``found``, in their order, among the last so many that were looked at."""

    found: Sequence[Seen]
    looked_at: int


def begin(t: Transaction, number: int, now: float, only: Only = ANY) -> tuple[Before, Follower]:
    """The last so many of those that are meant, and who goes on behind them, at this moment in seconds.

    At most `LOOK_BACK` events are looked through for them.
    """
    last, looked_at = t.lists.events.last(), 0
    found: list[Seen] = []
    waiting: dict[int, str] = {}
    for one in _backwards(t, number if only == ANY else min(number, 1) * LOOK_BACK):
        looked_at += 1
        if one.state in UNDECIDED:
            waiting[one.number] = one.state
        if only.fits(one):
            found.append(one)
        if len(found) == number:
            break
    return Before(found[::-1], looked_at), Follower(last, _open=dict.fromkeys(sorted(waiting), now), _told=waiting)


def _backwards(t: Transaction, most: int) -> Iterator[Seen]:
    """The last so many events, the latest first."""
    key: Key | None = None
    while most:
        page = t.lists.events.page(EventsWanted(), key, min(PAGE, most))
        yield from seen(t, page.rows)
        key, most = page.next, most - len(page.rows)
        if key is None:
            return


def seen(t: Transaction, rows: Sequence[Row]) -> list[Seen]:
    """These events, with what was decided."""
    decisions = t.lists.events.decisions([row["id"] for row in rows])
    return [_seen(row, about, decisions.get(row["id"], {})) for row, about in zip(rows, told(t, rows), strict=True)]


def _seen(row: Row, about: ParkedEvent, decision: Mapping[str, Any]) -> Seen:
    parts: Sequence[Mapping[str, Any]] = decision.get("log") or ()
    concerned = [about.campaign, *(str(part.get("campaign", "")) for part in parts)]
    return Seen(
        number=row["id"],
        kind=row["kind"],
        state=row["state"],
        campaigns=tuple(dict.fromkeys(filter(None, concerned))),
        customer=decision.get("customer") or about.customer,
        participant=about.participant,
        fired=tuple(fired_in(parts)),
        note=row["error"] or next((str(part["note"]) for part in parts if part.get("note")), ""),
        received_at=row["received_at"],
        decided_at=row["decided_at"],
    )


def fired_in(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The triggers that started flows, of a decision's log."""
    return [
        f"{part.get('campaign', '')}: {activation['trigger']}"
        for part in parts
        for considered in part.get("facts", ())
        for activation in considered.get("activations", ())
    ]
