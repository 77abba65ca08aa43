"""`do: communicate`: begin a talk between the participant and an agent, now or at a stated time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rules.conduct import Conduct, Contacting
from rules.expressions import Expression
from rules.loading.contact import UNDER_CONTACT
from rules.loading.shape import ActionSpec, Duration, Source
from rules.loading.site import Site
from rules.loading.times import Days, Fallback, Retries, Span, hours_of
from rules.marks import Path
from rules.operations import moment, to_the_minute
from rules.planning import plan, skip
from rules.scene import Communication
from rules.statuses import CommunicationStatus
from rules.values import ValueType

if TYPE_CHECKING:
    from rules.turn import Turn


@dataclass(frozen=True, kw_only=True)
class Communicate(Contacting):
    """Plans a communication; ``at`` (a date or datetime, past ones mean now) is None for now."""

    at: Expression | None = None

    def visit(self, turn: "Turn") -> str:
        turn.say_result(_outcome(self._plan(turn), self.channel))
        return self.next

    def _plan(self, turn: "Turn") -> Communication:
        if self.at is None:
            return plan(turn, self, None)
        value = turn.evaluate(self.at)
        begins = moment(value, turn.scope.zone) if isinstance(value, date) else None
        if begins is None:
            return skip(turn, self, "at is unset" if value is None else "at is no date")
        return plan(turn, self, begins)


def _outcome(communication: Communication, channel: str) -> str:
    elsewhere = "" if communication.channel == channel else f" on {communication.channel}"
    if communication.reason:
        return f"{communication.status.value}{elsewhere}: {communication.reason}"
    return f"{'begun' if communication.opened else f'planned for {to_the_minute(communication.at)}'}{elsewhere}"


class CommunicateSpec(ActionSpec):
    """The node as written."""

    misplaced: ClassVar[Mapping[str, str]] = UNDER_CONTACT

    do: Literal["communicate"]
    channel: str
    agent: str
    at: Source = ""
    between: Span | None = None
    days: Days = Field(default=[])
    expires: Duration | None = None
    retries: Retries | None = None
    fallback: Fallback | None = None

    def build(self, site: Site) -> Communicate:
        moment = (ValueType.DATE, ValueType.DATETIME)
        return Communicate(
            **site.node,
            next=self.next or "",
            channel=site.channel(self.channel, "channel"),
            agent=site.agent(self.agent, "agent"),
            at=site.expression(self.at, "at", wants=moment) if "at" in self.model_fields_set else None,
            conduct=self._conduct(site),
        )

    def _conduct(self, site: Site) -> Conduct:
        retries, fallback = self.retries, self.fallback
        return Conduct(
            hours=hours_of(self.between, self.days),
            expires=self.expires,
            delays=tuple(retries.after) if retries else (),
            retried_on=_statuses(retries.on if retries else ()),
            fallback=_channels(site, self.channel, fallback.channel if fallback else []),
            falls_back_on=_statuses(fallback.on if fallback else ()),
        )


def _statuses(names: Iterable[str]) -> frozenset[CommunicationStatus]:
    return frozenset(CommunicationStatus(name) for name in names)


def _channels(site: Site, own: str, names: list[str]) -> tuple[str, ...]:
    """The channels to fall back to; each must be another one."""
    for number, name in enumerate(names):
        place = _place(site, number)
        if name in (own, *names[:number]):
            site.reject(place, "E109", f'the channel "{name}" is tried already', "name each channel once")
        site.channel(name, *place)
    return tuple(names)


def _place(site: Site, number: int) -> Path:
    """Where the channel stands: in `fallback` itself or under its `channel`, alone or in a list."""
    ways: tuple[Path, ...] = (("channel", number), ("channel",), (number,), ())
    written = site.mistakes.marked.values
    return next(("fallback", *way) for way in ways if (*site.path, "fallback", *way) in written)
