"""Why a participant did not get to a flow, or to a node of one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from gateway.explain.aftermath import Aftermath
from gateway.explain.explaining import Teller
from gateway.explain.history import History, Turn
from gateway.explain.known import Known
from gateway.explain.present import Present
from gateway.explain.target import Target
from gateway.explain.values import EvaluatedExpression, Reason, TriggerRecord, WhyNot
from gateway.explain.writing import listed, moment
from gateway.given import Version
from storage.transaction import Transaction
from storage.values import Row

TURNS = 5  # ways off that are told with the values that decided
STATUS = "status was "  # how a refusal begins that is about the very communication that a trigger waits for


def why_not(t: Transaction, version: Version, target: Target, participant: Row) -> WhyNot:
    """Why the participant (the row, of the target's campaign) did not get there, or when they did."""
    history = History(target, version).look(t, participant["customer"])
    reached = history.reached.reason(f"{target.name} was reached") if history.reached.times else None
    now = tuple(Present(t, target, participant).reasons()) if reached is None else ()
    turned_off = tuple(turns_of(history)) if reached is None else ()
    triggers = history.triggers(target.triggers if reached else target.all_triggers)
    return WhyNot(
        campaign=target.book.campaign,
        participant=participant["id"],
        target=target.name,
        answer=Answer(target, now, turned_off, triggers, history.is_whole).said(reached),
        reached=reached,
        now=now,
        turned_off=turned_off,
        triggers=triggers,
        looked=history.looked,
        is_whole=history.is_whole,
    )


def turns_of(history: History) -> Iterator[Reason]:
    """Where paths went another way, the latest first; of the first few with what decided there."""
    teller = Teller(history.version, Known(), Aftermath())
    for number, (what, tally) in enumerate(history.turned.items()):
        reason = tally.reason(what)
        yield replace(reason, lines=lines_at(teller, history.turns[what])) if number < TURNS else reason


def lines_at(teller: Teller, turn: Turn) -> tuple[EvaluatedExpression, ...]:
    """What was evaluated at that visit."""
    paths = (path for fact in teller.part(turn.one).facts for path in fact.paths)
    steps = (step for path in paths for step in path.steps)
    return next((step.lines for step in islice(steps, turn.visit, None)), ())


@dataclass(frozen=True)
class Answer:
    """The one sentence that says most. ``is_whole``: no decision is emptied, or too far back to be looked at."""

    target: Target
    now: Sequence[Reason]
    turned_off: Sequence[Reason]
    triggers: Sequence[TriggerRecord]
    is_whole: bool

    def said(self, reached: Reason | None) -> str:
        if reached is not None:
            return f"{self.target.name} was reached {_times(reached)}"
        so_far = "" if self.is_whole else ", as far as is kept and was looked at"
        if any(one.at is not None or one.event is not None for one in self.now):
            return f"{self.target.name} was not reached yet{so_far}: {self.now[0].what}"
        return f"{self.target.name} was not reached{so_far}: {self._because()}"

    def _because(self) -> str:
        """What a trigger refused of the very thing that it waits for says more than where paths ended before that."""
        refused, turned = self._refused(), next(iter(self.turned_off), None)
        if turned and not (refused and refused.what.startswith(STATUS) and _number(refused) > _number(turned)):
            return f"{turned.what}, {_times(turned)}"
        if refused or any(one.considered for one in self._direct):
            why = f": {refused.what}, {_times(refused)}" if refused else ""
            return f"no trigger that leads there has fired{why}"
        if self.now:
            return self.now[0].what
        if not self.is_whole:
            return "nothing that is kept tells why"
        kinds = listed(dict.fromkeys(one.kind for one in self._direct))
        return f"nothing has happened that its triggers wait for, {kinds}"

    def _refused(self) -> Reason | None:
        """The latest that a trigger refused."""
        found = (reason for one in self._direct for reason in one.refused)
        return max(found, key=lambda one: (one.what.startswith(STATUS), _number(one)), default=None)

    @property
    def _direct(self) -> Sequence[TriggerRecord]:
        """The triggers from which edges lead there."""
        return self.triggers[: len(self.target.triggers)]


def _number(reason: Reason) -> int:
    return reason.event or 0


def _times(reason: Reason) -> str:
    often = "once" if reason.times == 1 else f"{reason.times} times, the last time"
    return f"{often} at {moment(reason.at)} (event {reason.event})" if reason.at else often
