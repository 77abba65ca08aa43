"""Timers: rows that become inbox events when they are due."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.clock import Bell, Clock
from gateway.decided import Decided
from gateway.pacing import Pace
from gateway.parts import Rest, keep_working
from rules.effects import HELD_TIMERS, START_TIMER
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import About, DueTimer, NewEvent

BATCH = 500  # timers turned into events in one transaction
BEHIND = 0.1  # seconds between two looks whether what came in before is in the inbox
SWEEP = 5.0  # seconds after which the timers are looked at though nobody rang


def no_paces() -> Mapping[str, int]:
    """No campaign sets a pace."""
    return {}


def nothing_outside() -> bool:
    """Whatever comes in is in the inbox at once."""
    return False


@dataclass
class Timers:
    """Wakes what waits. What a stopped campaign has planned, retries and waits for stays a row until it runs again;
    where a campaign sets a pace, its communications begin at that pace, in the order in which they are due.

    Nothing fires while ``events_wait_outside`` the inbox: an answer that came in time goes before its time-out.
    """

    storage: Storage
    clock: Clock
    bell: Bell
    on_due: Callable[[], None]
    paces: Callable[[], Mapping[str, int]] = no_paces
    events_wait_outside: Callable[[], bool] = nothing_outside

    async def run(self) -> None:
        """Work until the bell is closed."""
        await keep_working("timers", self.bell, self._turn)

    async def _turn(self) -> Rest | None:
        """Turn what is due into events, or rest until something is."""
        if self.events_wait_outside():
            return Rest(BEHIND)
        due = await self.storage.read(self.next_due)
        if due is None or due > self.clock.now():
            return Rest(SWEEP, due)
        await self.storage.run(self.fire)
        self.on_due()
        return None

    def next_due(self, t: Transaction) -> datetime | None:
        """When there is next something to fire (UTC), unless others change it; None: not by itself."""
        dues = (t.timers.next_due(), *self._held_due(t).values())
        return min((due for due in dues if due is not None), default=None)

    def _held_due(self, t: Transaction) -> dict[tuple[str, str], datetime]:
        """As `next_due`, for each running campaign and name of timers that stand still while it does not run."""
        dues = t.timers.next_held(HELD_TIMERS)
        for campaign, pace in self._paces(t, dues).items():
            opens = pace.opens_at()
            if opens is not None:
                dues[campaign, START_TIMER] = max(dues[campaign, START_TIMER], opens)
        return dues

    def _paces(self, t: Transaction, waiting: Iterable[tuple[str, str]]) -> dict[str, Pace]:
        """The paces of those campaigns in which something waits to begin."""
        starting = {campaign for campaign, name in waiting if name == START_TIMER}
        paced = {campaign: pace for campaign, pace in self.paces().items() if campaign in starting}
        until = t.campaigns.paced(paced) if paced else {}
        return {campaign: Pace(pace, until.get(campaign)) for campaign, pace in paced.items()}

    def fire(self, t: Transaction) -> None:
        """Turn a batch of due timers into events, in one transaction; none where an answer came to wait outside while
        this waited for its turn to write."""
        if self.events_wait_outside():
            return
        now = self.clock.now()
        due = t.timers.take_due(now, BATCH)
        held = sorted(pair for pair, moment in t.timers.next_held(HELD_TIMERS).items() if moment <= now)
        paces = self._paces(t, held)
        for campaign, name in held:
            if name == START_TIMER and campaign in paces:
                due += take_paced(t, campaign, paces[campaign], now)
            else:
                due += t.timers.take_held(campaign, name, now, max(1, BATCH // len(held)))
        t.inbox.keep_all([timer_event(timer, now) for timer in due])


def take_paced(t: Transaction, campaign: str, pace: Pace, now: datetime) -> list[DueTimer]:
    """Fire what the pace of the campaign has room for; nothing where another process is doing so at this moment."""
    if not (room := pace.room(now)) or not t.campaigns.pace(campaign, pace.until, pace.after(room, now)):
        return []
    begun = t.timers.take_held(campaign, START_TIMER, now, room)
    if len(begun) < room:
        t.campaigns.pace(campaign, pace.after(room, now), pace.after(len(begun), now))
    return begun


def spared(decided: Iterable[Decided]) -> Counter[str]:
    """By campaign, for how many communications the time to begin had come without that they began: a cap put them
    off, they were skipped, or somebody else has ended them."""
    starts = (one for one in decided if one.event.kind == "timer" and one.event.payload["name"] == START_TIMER)
    return Counter(one.event.payload["campaign"] for one in starts if not has_begun(one))


def has_begun(decided: Decided) -> bool:
    """Whether the communication that the event is about spoke."""
    talks = (talk for of in decided.reactions for talk in of.reaction.scene.communications)
    return any(talk.opened for talk in talks if talk.id == decided.event.payload["subject"])


def give_back(t: Transaction, paces: Mapping[str, int], decided: Iterable[Decided]) -> None:
    """Who did not begin leaves the place in their campaign's pace to the next one.

    Where another process moves the pace at this very moment the places are lost: it is kept all the same. Campaigns are
    changed in the order of their names, as by `Timers.fire`: nobody waits for somebody who waits for them.
    """
    for campaign, number in sorted(spared(decided).items()):
        if campaign in paces:
            until = t.campaigns.paced([campaign])[campaign]
            pace = Pace(paces[campaign], until)
            if (earlier := pace.before(number)) is not None:
                t.campaigns.pace(campaign, until, earlier)


def timer_event(timer: DueTimer, now: datetime) -> NewEvent:
    """The event of a timer that fired. ``due`` tells whether the timer still stands when the event is decided.

    Its key says nothing of when that is, nor of when it was set: so what fires anew after a restore, and what follows
    from that, leads to messages of the same ids, by which they are found at the provider.
    """
    payload = {
        "customer": timer.customer,
        "campaign": timer.campaign,
        "subject": timer.subject,
        "name": timer.name,
        "due": timer.due.isoformat(),
    }
    return NewEvent(f"timer:{timer.subject}:{timer.name}", "timer", About("lane", timer.lane), payload, now)
