"""What decisions say of a target: when it was reached, what its triggers refused, where paths turned off before it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from gateway.explain.target import Target
from gateway.explain.values import Reason, TriggerRecord
from gateway.explain.walks import way_of
from gateway.given import Version
from gateway.recorded import PAGE, Recorded, of_participant
from gateway.told_logs import fact_told
from rules.book import Rulebook, TriggerNode
from rules.kinds import kind_of
from rules.runs import node_named
from rules.silent import why_not
from storage.transaction import Transaction

LOOKED = 1_000  # decisions about one person, in any campaign, that are looked through, the latest first
NEW = "the rule file of then did not have it"

Stored = Mapping[str, Any]


class Turn(NamedTuple):
    """A path that went another way than to the target: at this ``visit`` of the decision, counted from 0."""

    one: Recorded
    visit: int


@dataclass
class Tally:
    """The same reason again and again: how often, and the latest event (looked at first)."""

    times: int = 0
    event: int = 0
    at: datetime | None = None

    def count(self, one: Recorded) -> None:
        if not self.times:
            self.event, self.at = one.number, one.now
        self.times += 1

    def reason(self, what: str) -> Reason:
        return Reason(what=what, times=self.times, event=self.event, at=self.at)


@dataclass
class History:
    """Filled by going through decisions, the latest first."""

    target: Target
    version: Version
    reached: Tally = field(default_factory=Tally)
    considered: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    refused: dict[tuple[str, str], Tally] = field(default_factory=dict)
    turned: dict[str, Tally] = field(default_factory=dict)
    turns: dict[str, Turn] = field(default_factory=dict)
    looked: int = 0
    is_whole: bool = True

    def look(self, t: Transaction, customer: str) -> "History":
        """Go through what was decided about the customer in the target's campaign."""
        before: int | None = None
        for _ in range(LOOKED // PAGE):
            found, before = of_participant(t, customer, self.target.book.campaign, before)
            for one in found:
                self._take(one)
            if before is None:
                return self
        self.is_whole = False
        return self

    def triggers(self, wanted: Iterable[TriggerNode]) -> tuple[TriggerRecord, ...]:
        """What became of these triggers of the target."""
        return tuple(map(self._trigger, wanted))

    def _trigger(self, node: TriggerNode) -> TriggerRecord:
        refused = (tally.reason(why) for (name, why), tally in self.refused.items() if name == node.full_name)
        return TriggerRecord(
            node=node.full_name,
            kind=kind_of(node),
            place=f"{node.position.file}:{node.position.line}",
            considered=self.considered[node.full_name],
            fired=self.fired[node.full_name],
            refused=tuple(refused),
        )

    def _take(self, one: Recorded) -> None:
        self.looked += 1
        self.is_whole = self.is_whole and bool(one.part)
        visits = 0
        for fact in one.part.get("facts", ()):
            book = self.version(fact.get("rules") or one.rules)
            if book is not None and not fact.get("run"):
                self._consider(one, fact, book)
            for activation in fact.get("activations", ()):
                self._walk(one, activation["visits"], visits, book)
                visits += len(activation["visits"])

    def _consider(self, one: Recorded, stored: Stored, book: Rulebook) -> None:
        fact = fact_told(stored["fact"])
        for trigger in self.target.all_triggers:
            if trigger.when is fact.trigger:
                self.considered[trigger.full_name] += 1
                then = node_named(book, trigger.full_name)
                refused = why_not(then, fact) if isinstance(then, TriggerNode) else None
                if refused is not None:
                    what = f"{refused.narrowing} was {refused.saw or 'none'}, wanted {refused.wanted}"
                    self._refuse(one, trigger, what)
                elif not isinstance(then, TriggerNode) or then.when is not fact.trigger:
                    self._refuse(one, trigger, NEW)
                else:
                    self.fired[trigger.full_name] += 1

    def _refuse(self, one: Recorded, trigger: TriggerNode, what: str) -> None:
        self.refused.setdefault((trigger.full_name, what), Tally()).count(one)

    def _walk(self, one: Recorded, visits: list[Stored], first: int, book: Rulebook | None) -> None:
        if any(map(self._is_there, visits)):
            self.reached.count(one)
            return
        waiting = set(waiting_in(one))
        for number, visit in enumerate(visits, first):
            if self._turns_off(visit) and visit["node"] not in waiting:
                self._turn_off(one, visit, number, book)
                return

    def _is_there(self, visit: Stored) -> bool:
        name, node = str(visit["node"]), self.target.node
        return name == node.full_name if node else name in self.target.ahead

    def _turns_off(self, visit: Stored) -> bool:
        node = str(visit["node"])
        flow = node.partition(".")[0]
        return node in self.target.turning and f"{flow}.{visit.get('next', '')}" not in self.target.wide

    def _turn_off(self, one: Recorded, visit: Stored, number: int, book: Rulebook | None) -> None:
        node = node_named(book, visit["node"]) if book else None
        way, went = way_of(node, visit, ()), f"went on to {visit['next']}" if visit.get("next") else "ended"
        what = f"at {visit['node']} the path {went}{f' ({way})' if way else ''}"
        self.turned.setdefault(what, Tally()).count(one)
        self.turns.setdefault(what, Turn(one, number))


def waiting_in(one: Recorded) -> Iterator[str]:
    """The nodes at which a path began to wait."""
    return (effect["run"]["node"] for effect in one.part.get("effects", ()) if effect["effect"] == "KeepRun")
