"""`do: communicate`: begin a talk between the participant and an agent, now or at a stated time."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from rules.book import Action
from rules.communications import plan, skip
from rules.expressions import Expression
from rules.loading.shape import ActionSpec, Source
from rules.loading.site import Site
from rules.operations import moment
from rules.scene import Communication
from rules.values import ValueType

if TYPE_CHECKING:
    from rules.turn import Turn


@dataclass(frozen=True, kw_only=True)
class Communicate(Action):
    """Plans a communication; ``at`` (a date or datetime, past ones mean now) is None for now."""

    channel: str
    agent: str
    at: Expression | None = None

    def visit(self, turn: "Turn") -> str:
        turn.say_result(_outcome(self._plan(turn)))
        return self.next

    def _plan(self, turn: "Turn") -> Communication:
        value = turn.now if self.at is None else turn.evaluate(self.at)
        begins = moment(value, turn.scope.zone) if isinstance(value, date) else None
        if begins is None:
            reason = "at is unset" if value is None else "at is no date"
            return skip(turn, self.full_name, self.agent, self.channel, reason)
        return plan(turn, self.full_name, self.agent, self.channel, begins)


def _outcome(communication: Communication) -> str:
    if communication.reason:
        return f"{communication.status.value}: {communication.reason}"
    return "begun" if communication.opened else f"planned for {communication.at:%Y-%m-%d %H:%M} UTC"


class CommunicateSpec(ActionSpec):
    """The node as written."""

    do: Literal["communicate"]
    channel: str
    agent: str
    at: Source = ""

    def build(self, site: Site) -> Communicate:
        moment = (ValueType.DATE, ValueType.DATETIME)
        return Communicate(
            **site.node,
            next=self.next or "",
            channel=site.channel(self.channel, "channel"),
            agent=site.agent(self.agent, "agent"),
            at=site.expression(self.at, "at", wants=moment) if "at" in self.model_fields_set else None,
        )
