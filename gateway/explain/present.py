"""What stands between a participant and a target now: nothing of it has to be looked up in decisions."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.explain import facts
from gateway.explain.target import Target
from gateway.explain.values import Reason
from gateway.explain.writing import listed, moment
from rules.book import TriggerNode
from rules.facts import Trigger
from rules.statuses import COMMUNICATION_RANK, CommunicationStatus
from storage.transaction import Transaction
from storage.values import Row

MAX_EVENTS = 20  # undecided ones that are told, of each state
NOT_YET = {
    "waiting": "waits to be decided",
    "held": "is held until a rule file of its campaign comes into force",
    "parked": "is parked",
}


@dataclass(frozen=True)
class Present:
    """How things stand with a participant (the row), as far as it concerns the target."""

    t: Transaction
    target: Target
    participant: Row

    def reasons(self) -> Iterator[Reason]:
        """Each that there is, those first that come before others."""
        yield from self._campaign()
        yield from self._entering()
        yield from self._undecided()
        yield from self._waiting()
        yield from self._talking()
        yield from self._structure()
        yield from self._opted_out()

    def _campaign(self) -> Iterator[Reason]:
        row = self.t.campaigns.get(self.target.book.campaign)
        status, reason = (row["status"], row["reason"]) if row else ("inactive", "")
        if status != "active":
            because = f": {reason}" if reason else ""
            yield Reason(what=f"the campaign {self.target.book.campaign} does not run, it is {status}{because}")

    def _entering(self) -> Iterator[Reason]:
        if not self.participant["entered"]:
            yield Reason(what="the participant has not entered the flows: that is done once the campaign runs")
        for fact in self.participant["held"]:
            yield Reason(what=f"kept until the campaign runs: {facts.in_words(fact)}")

    def _undecided(self) -> Iterator[Reason]:
        customer = self.participant["customer"]
        lane = self.t.people.lanes([customer]).get(customer)
        for event in self.t.lists.events.undecided(lane, MAX_EVENTS) if lane else ():
            error = f": {event['error']}" if event["error"] else ""
            what = f"an event of the kind {event['kind']} {NOT_YET[event['state']]}{error}"
            yield Reason(what=what, event=event["id"], at=event["received_at"])

    def _waiting(self) -> Iterator[Reason]:
        """Paths that can still come there."""
        for run in self.t.runs.of_customers([self.participant["customer"]]):
            if run["participant"] == self.participant["id"] and run["node"] in self.target.wide:
                yield Reason(what=f"a path waits at {run['node']} {_until(run)}", at=run["created_at"])

    def _talking(self) -> Iterator[Reason]:
        """Open communications of which the triggers have yet to hear."""
        talks = self.t.communications.open_of([self.participant["customer"]])
        for talk in sorted(talks, key=lambda row: (row["created_at"], row["seq"])):
            if talk["participant"] == self.participant["id"]:
                awaited = (_awaited(one, talk) for one in self.target.all_triggers)
                if what := next(filter(None, awaited), ""):
                    status = f"it is {talk['status']}{_planned_for(talk)}"
                    yield Reason(what=f"the communication of {talk['node']} {what}, {status}", at=talk["created_at"])

    def _structure(self) -> Iterator[Reason]:
        target = self.target
        if not target.triggers:
            yield Reason(what=f"no trigger of the flow {target.flow.name} leads to {target.name}")
        elif all(one.when is Trigger.FROM_ANOTHER_FLOW for one in target.triggers):
            senders = f"only {listed(target.senders)} can" if target.senders else "no node does"
            yield Reason(what=f"the flow {target.flow.name} begins where another flow leads to it: {senders}")

    def _opted_out(self) -> Iterator[Reason]:
        customer = self.participant["customer"]
        theirs = self.t.people.identifiers([customer]).get(customer, {})
        channels = self.target.book.channels.values()
        places = [(one.name, theirs[one.identifier]) for one in channels if one.identifier in theirs]
        for channel, _ in sorted(self.t.opt_outs.among(places)):
            yield Reason(what=f"the person has opted out on {channel}: nothing is sent there")


def _until(run: Row) -> str:
    if run["due"]:
        return f"until {moment(run['due'])}"
    return "for an answer" if run["call"] else "without a time"


def _planned_for(talk: Row) -> str:
    return f" for {moment(talk['at'])}" if talk["status"] == CommunicationStatus.PLANNED else ""


def _awaited(trigger: TriggerNode, talk: Row) -> str:
    """What the trigger waits for of an open communication, in words; "" where it is nothing that can still come."""
    if talk["node"] not in trigger.narrowing.get("of", (talk["node"],)):
        return ""
    if trigger.when is Trigger.COMMUNICATION_ENDED:
        return "has not ended"
    if trigger.when is not Trigger.COMMUNICATION_UPDATED:
        return ""
    rank = COMMUNICATION_RANK[talk["status"]]
    awaited = map(CommunicationStatus, trigger.narrowing.get("status", ()))
    statuses = " or ".join(one for one in awaited if COMMUNICATION_RANK.get(one, -1) > rank)
    return f"has not become {statuses}" if statuses else ""
