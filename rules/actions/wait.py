"""`do: wait`: go on later, after a length of time or at a time that fields tell."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from rules.book import TimedNode
from rules.expressions import Expression
from rules.fields import TIMEZONE_FIELD
from rules.loading.shape import ActionSpec, Duration, Source
from rules.loading.site import Site
from rules.operations import moment, to_the_minute
from rules.values import ValueType

if TYPE_CHECKING:
    from rules.events import CallAnswered
    from rules.turn import Turn

_LEVELS = ("participant", "customer")
_NOW = re.compile(r"\bnow\b")


@dataclass(frozen=True, kw_only=True)
class Wait(TimedNode):
    """Waits for ``length``, or else until the moment that ``until`` gives (a date or datetime).

    A moment that has passed is not waited for. While ``until`` is unset the path waits on, until it has a value.
    """

    length: timedelta | None = None
    until: Expression | None = None

    def visit(self, turn: "Turn") -> str:
        due = self.due(turn)
        if due is not None and due <= turn.now:
            turn.say_result(f"{to_the_minute(due)} has passed")
            return self.next
        turn.pause(self, due)
        turn.say_result("waits: until is unset" if due is None else f"waits until {to_the_minute(due)}")
        return ""

    def resume(self, turn: "Turn", answer: "CallAnswered | None") -> str:
        return self.next

    def due(self, turn: "Turn") -> datetime | None:
        if self.until is None:
            return turn.now + (self.length or timedelta())
        value = turn.evaluate(self.until)
        return moment(value, turn.scope.zone) if isinstance(value, date) else None

    @property
    def due_by(self) -> frozenset[str]:
        """The fields that `until` names, and the field of the time zone, which tells whose clock is meant; but for a
        moment that is so much later than now, which would move on with it."""
        if self.until is None:
            return frozenset()
        names = (name.rpartition(".") for name in self.until.names)
        fields = {name for level, _, name in names if level in ("", *_LEVELS)}
        local = self.until.type is not ValueType.DATETIME or not _NOW.search(self.until.source)
        return frozenset(fields | ({TIMEZONE_FIELD} if local else set()))


class WaitSpec(ActionSpec):
    """The node as written; of `for` and `until` one is there."""

    do: Literal["wait"]
    length: Duration | None = Field(default=None, alias="for")
    until: Source = ""
    next: str

    def build(self, site: Site) -> Wait:
        timed = "until" in self.model_fields_set
        if timed and self.length is not None:
            message = f'the node "{site.name}" waits both "for" and "until"'
            site.mistakes.at_key((*site.path, "until"), "E109", message, "remove one of the two")
        elif not timed and self.length is None and site.whole:
            message = f'the node "{site.name}" has neither "for" nor "until"'
            site.mistakes.at_key(site.path, "E108", message, 'write "for: 2d", or "until:" and a date')
        until = site.expression(self.until, "until", wants=(ValueType.DATE, ValueType.DATETIME)) if timed else None
        return Wait(**site.node, next=self.next, length=self.length, until=until)
