"""How the communications of one node are held: when they may begin, how often they are tried, on which channels."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rules.book import Action
from rules.hours import ALWAYS, Hours
from rules.scene import Communication
from rules.statuses import CommunicationStatus

if TYPE_CHECKING:
    from rules.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """``hours`` are when the agent may begin to speak, in the participant's time zone; a communication that has not
    begun ``expires`` after its time is skipped (None: never).

    ``delays`` are how long after an attempt that came to nothing the next one is made on the same channel, one for
    each retry; ``fallback`` are the channels that are tried after that, in order. ``retried_on`` and
    ``falls_back_on`` are what an attempt must have come to.
    """

    hours: Hours = ALWAYS
    expires: timedelta | None = None
    delays: tuple[timedelta, ...] = ()
    retried_on: frozenset[CommunicationStatus] = frozenset()
    fallback: tuple[str, ...] = ()
    falls_back_on: frozenset[CommunicationStatus] = frozenset()

    def channels_after(self, channel: str) -> tuple[str, ...]:
        """The channels that are left to fall back to from this one."""
        return self.fallback[self.fallback.index(channel) + 1 :] if channel in self.fallback else self.fallback


PLAIN = Conduct()


@dataclass(frozen=True, kw_only=True)
class Contacting(Action):
    """A node that begins communications of ``agent``, first on ``channel``."""

    channel: str
    agent: str
    conduct: Conduct = PLAIN


def conduct_of(turn: "Turn", communication: Communication) -> Conduct:
    """As its node had it when the communication was planned; `PLAIN` where that rule file is not to be had."""
    book = turn.book_of(communication)
    flow = book.flows.get(communication.flow) if book.hash == communication.rules else None
    node = flow.nodes.get(communication.node.partition(".")[2]) if flow else None
    return node.conduct if isinstance(node, Contacting) else PLAIN
