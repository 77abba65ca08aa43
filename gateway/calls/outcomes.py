"""What may become of asking somebody outside, and what every desk that asks has in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.calls.strict_json import NotJson, read_object
from storage.values import OwedCall

MAX_ANSWER_BYTES = 65_536

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: a JSON object."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Refused:
    """It failed for good; ``error`` says why in the operator's words, never in those of the other side."""

    error: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """It may work another time, not before ``wait`` seconds; ``error`` as above."""

    error: str
    wait: float = 0.0


Outcome = Answered | Refused | Unanswered


class Desk(Protocol):
    """Asks one service, or the operator's functions. Decides how much is asked at once; times are UTC."""

    def opens_at(self, now: datetime) -> datetime | None:
        """When it may be asked, as far as time goes: ``now``, or later; None: not while this process runs."""

    def room(self, now: datetime, asking: int) -> int:
        """How many calls may be begun now while ``asking`` are in flight; 0 until one ends or the desk opens."""

    def claimed(self, now: datetime) -> None:
        """Calls are claimed, and about to be begun; the transaction that claims them may still fail."""

    def begun(self, now: datetime) -> None:
        """A call was begun."""

    async def ask(self, call: OwedCall, now: datetime) -> Outcome:
        """Ask, once. Raises nothing but cancellation."""

    def ended(self, outcome: Outcome, now: datetime) -> None:
        """A call that was begun came to its end."""

    def cut_off(self) -> None:
        """Calls that were begun were broken off by us, and others may be begun later."""

    async def close(self) -> None:
        """Let go of connections and processes."""


def read_answer(who: str, body: bytes) -> Answered | Refused:
    """The JSON object that came back; nothing at all counts as an empty one."""
    if len(body) > MAX_ANSWER_BYTES:
        return Refused(f"{who} answered with more than {MAX_ANSWER_BYTES} bytes")
    try:
        return Answered(read_object(body) if body.strip() else {})
    except NotJson:
        return Refused(f"{who} answered with something that is no JSON object")
