"""When a communication may begin, or be tried again: hours, holidays and caps, where the participant is."""

from datetime import datetime

from rules.conduct import Conduct
from rules.hours import ALWAYS, Constraint, next_allowed
from rules.turn import Turn


def may_begin(turn: Turn, conduct: Conduct, start: datetime) -> datetime | None:
    """The first moment (UTC) from ``start`` on at which a communication may begin; None where a year has none."""
    begun = tuple(turn.scene.begun.values())
    return _first(turn, (*_hours(conduct), *turn.present.contact.constraints, *turn.present.contact.caps(begun)), start)


def may_go_on(turn: Turn, conduct: Conduct, start: datetime) -> datetime | None:
    """The same for another attempt: the caps count what begins, and it has begun."""
    return _first(turn, (*_hours(conduct), *turn.present.contact.constraints), start)


def may_answer(turn: Turn, conduct: Conduct) -> bool:
    """Whether a communication may begin now that answers the person: contact limits do not hold it back."""
    return _first(turn, _hours(conduct), turn.now) == turn.now


def _hours(conduct: Conduct) -> tuple[Constraint, ...]:
    return () if conduct.hours == ALWAYS else (conduct.hours.earliest,)


def _first(turn: Turn, constraints: tuple[Constraint, ...], start: datetime) -> datetime | None:
    """The zone is asked for only where it matters: it needs the values of all names."""
    return next_allowed(start, turn.scope.zone, constraints) if constraints else start
