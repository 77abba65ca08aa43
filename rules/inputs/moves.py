"""What can happen to one person while ways are looked for, and how it is told."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import groupby
from typing import ClassVar

from rules.participants import SOURCE_CUSTOMER
from rules.values import Value, Values
from rules.ways import Way

DELIVERED, READ, FAILED = "delivered", "read", "failed"
_EFFORTS = {READ: 1, FAILED: 3}


@dataclass(frozen=True)
class Move:
    """One thing that happens. ``receipt`` is what becomes of the messages that are sent because of it.

    ``effort`` is how far it is from what happens by itself: what takes little of it is tried first."""

    effort: ClassVar[int] = 1
    receipt: str = field(default=DELIVERED, kw_only=True)

    @property
    def total(self) -> int:
        return self.effort + _EFFORTS.get(self.receipt, 0)

    def told(self, zone: tzinfo) -> str:
        raise TypeError(f"{type(self).__name__} does not say what it is")


@dataclass(frozen=True)
class Joins(Move):
    """The person is given to the campaign at ``at`` (UTC), by `source`, having no identifier of the kinds ``lacks``."""

    fields: Values
    at: datetime
    source: str = "api"
    lacks: tuple[str, ...] = ()

    def told(self, zone: tzinfo) -> str:
        by = "" if self.source == "api" else f" by {self.source}"
        given = f" with {_assigned(self.fields, zone)}" if self.fields else ""
        without = f", having no {' and no '.join(self.lacks)}" if self.lacks else ""
        return f"somebody is given{by} on {_shown(self.at, zone)}{given}{without}"


@dataclass(frozen=True)
class Changes(Move):
    """The person is given anew with these fields, or another campaign gives them to the customer that both share, by
    ``source``; None clears."""

    effort: ClassVar[int] = 3
    fields: Values
    source: str = "api"

    def told(self, zone: tzinfo) -> str:
        assigned = _assigned(self.fields, zone)
        return f"another campaign sets {assigned}" if self.source == SOURCE_CUSTOMER else f"{assigned} is given"


@dataclass(frozen=True)
class Says(Move):
    """The person writes on a channel of that name, at ``at`` (UTC) where that is later."""

    effort: ClassVar[int] = 2

    text: str
    channel: str
    consent: str = ""
    at: datetime | None = None

    def told(self, zone: tzinfo) -> str:
        when = f" on {_shown(self.at, zone)}" if self.at else ""
        return f'the person writes "{self.text}" on {self.channel}{when}'


@dataclass(frozen=True)
class Passes(Move):
    """Time passes until the next timer is due."""

    span: timedelta

    def told(self, zone: tzinfo) -> str:
        return f"{_span(self.span)} pass"


@dataclass(frozen=True)
class Answers(Move):
    """What was asked of ``target`` is answered with a JSON object, None where it fails."""

    target: str
    answer: Mapping[str, object] | None

    def told(self, zone: tzinfo) -> str:
        return f"{self.target} fails" if self.answer is None else f"{self.target} answers{_answered(self.answer)}"


@dataclass(frozen=True)
class Input:
    """What leads to a way, from the beginning; ``zone`` is that of the campaign."""

    way: Way
    moves: tuple[Move, ...]
    zone: tzinfo = UTC

    def __str__(self) -> str:
        """In one sentence, without a full stop."""
        return ", then ".join(_sentences(self.moves, self.zone))


def _sentences(moves: Iterable[Move], zone: tzinfo) -> Iterator[str]:
    """Spans of time that follow each other are one."""
    for passes, group in groupby(moves, key=lambda move: isinstance(move, Passes)):
        listed = list(group)
        if passes:
            spans = [move.span for move in listed if isinstance(move, Passes)]
            listed = [Passes(sum(spans, timedelta()), receipt=listed[-1].receipt)]
        for move in listed:
            yield f"{move.told(zone)}{_RECEIPTS.get(move.receipt, '')}"


_RECEIPTS = {READ: ", and what is sent is read", FAILED: ", and what is sent cannot be delivered"}


def _assigned(fields: Values, zone: tzinfo) -> str:
    return " and ".join(f"{name} = {_shown(value, zone)}" for name, value in fields.items())


def _shown(value: Value, zone: tzinfo) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%a %Y-%m-%d %H:%M}"
    if isinstance(value, str):
        return f'"{value}"' if not value or " " in value else value
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    return value.isoformat() if isinstance(value, date) else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _span(span: timedelta) -> str:
    """`1d 2h`: the two largest units, rounded up, so that it is not too early then."""
    minutes = -(-int(span.total_seconds()) // 60)
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m")]
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "some seconds"


def _answered(answer: Mapping[str, object]) -> str:
    word = f' "{answer["outcome"]}"' if answer.get("outcome") else ""
    for key in ("fields", "results"):
        values = answer.get(key)
        if isinstance(values, Mapping) and values:
            word += f" with {' and '.join(f'{name} = {value}' for name, value in values.items())}"
    return f"{word} and ends the talk" if answer.get("end") else word
