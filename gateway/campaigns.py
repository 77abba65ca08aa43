"""Start and stop a campaign."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.clock import Clock
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import About, NewEvent

CHUNK_PARTICIPANTS = 500
OBJECTS_WITHIN = 3.0  # seconds after a start within which a gateway at work has looked at it: more than its guard rests
LOOKS_EVERY = 0.1  # seconds between two looks for that


class CannotRun(Exception):
    """The campaign cannot run; ``reasons`` are in the operator's words. It is left as it was."""

    def __init__(self, campaign: str, reasons: Sequence[str]) -> None:
        super().__init__(f"{campaign} cannot run: {'; '.join(reasons)}")
        self.reasons = tuple(reasons)


@dataclass
class CampaignStart:
    """A campaign begins to run, and what happened to participants while it did not is worked off now.

    Its steps are `begin` and then `wake` until that returns False, each one transaction. All of it may be done again,
    also for a campaign that runs already: what happened once is worked off once. ``hindrances`` says why it cannot run.
    """

    campaign: str
    now: datetime
    hindrances: Callable[[Transaction, str], Sequence[str]] = lambda t, campaign: ()
    since: datetime | None = None
    after: str = ""
    woken: int = 0

    def begin(self, t: Transaction) -> None:
        """From here on its triggers fire, and it stands in error no longer. Raises `CannotRun`."""
        if reasons := self.hindrances(t, self.campaign):
            raise CannotRun(self.campaign, reasons)
        t.campaigns.ensure(self.campaign)
        row = t.campaigns.get(self.campaign)
        if row and row["status"] == "active":
            self.since = row["started_at"]
        else:
            t.campaigns.set_status(self.campaign, "active", self.now)
            self.since = self.now

    @property
    def is_fresh(self) -> bool:
        """Whether it did not run before."""
        return self.since == self.now

    def wake(self, t: Transaction) -> bool:
        """Leave an event for the next participants who wait for the start; False where there are no more."""
        rows = t.people.held_up(self.campaign, self.after, CHUNK_PARTICIPANTS)
        events = [self._event(row["id"], row["customer"]) for row in rows]
        self.woken += sum(event is not None for event in t.inbox.keep(events))
        self.after = rows[-1]["id"] if rows else self.after
        return len(rows) == CHUNK_PARTICIPANTS

    def _event(self, participant: str, customer: str) -> NewEvent:
        start = self.since.isoformat() if self.since else ""
        return NewEvent(
            key=f"started:{participant}:{start}",
            kind="started",
            about=About("customer", customer),
            payload={"campaign": self.campaign, "customer": customer},
            received_at=self.now,
        )


async def objection(storage: Storage, campaign: str, clock: Clock) -> str:
    """Why the gateway at work has put a campaign in error that was just started from outside of it; "" where it has
    not within `OBJECTS_WITHIN` seconds."""
    looks = round(OBJECTS_WITHIN / LOOKS_EVERY)
    for _ in range(looks):
        row = await storage.read(lambda t: t.campaigns.get(campaign))
        if row and row["status"] == "error":
            return str(row["reason"])
        await clock.sleep(LOOKS_EVERY)
    return ""


def stop(t: Transaction, campaign: str, now: datetime) -> None:
    """Triggers of the campaign fire no more: what happens is held until it runs again. What is planned stays planned,
    what people answer is kept."""
    t.campaigns.ensure(campaign)
    t.campaigns.set_status(campaign, "inactive", now)
