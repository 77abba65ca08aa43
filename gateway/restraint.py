"""What holds a channel back: a provider that refuses our account, one that is silent, and the rate it takes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from channels.base import Sent
from channels.errors import ChannelDown
from gateway.patience import LONGEST_REST, Outcome, Silence, Trouble
from storage.values import Owed, Row

DOWN_PAUSE = timedelta(seconds=60)  # how long a channel rests that refuses our account
TOLD_PAUSE = 0.1  # seconds: of a shorter pause nobody has to know who sends there next, for that takes longer


@dataclass
class Restraint:
    """What holds one channel back, as its sender knows it.

    ``per_second`` is how many messages the provider takes, in real time. A channel that is down rests (``rests_until``,
    UTC) while all campaigns that it put in error (``rests_for``) stand so: whoever starts one wants to know. One whose
    provider is silent rests, too (`Silence`). All this outlives the process that found it out: see `kept` and `take`.
    """

    channel: str
    per_second: float
    rests_until: datetime | None = None
    rests_for: set[str] = field(default_factory=set)
    silence: Silence = field(init=False)
    _next_claim: float = 0.0  # on the monotonic clock, in seconds: the provider's rate
    _paced_until: datetime | None = None

    def __post_init__(self) -> None:
        self.silence = Silence(self.channel)

    def hear(self, owed: Owed, outcome: Outcome, now: datetime) -> None:
        """One more send, or a look for one, has come to its end."""
        self.silence.hear(owed, outcome, now)
        if isinstance(outcome, Sent):
            self.forgive()
        elif isinstance(outcome, ChannelDown):
            self.rests_until = now + DOWN_PAUSE
            self.rests_for.add(owed.campaign)

    def rests(self, now: datetime) -> bool:
        """Whether nothing may be sent now."""
        return any(until > now for until in (self.rests_until, self.silence.until) if until)

    def refused(self, standing: Callable[[], Collection[str]]) -> bool:
        """Whether all campaigns that it put in error are among those ``standing`` so."""
        return self.rests_until is not None and self.rests_for <= {*standing()}

    def until(self, *, refused: bool) -> datetime | None:
        """When something may be sent again (UTC), or might have been; None: it never rested."""
        return max(filter(None, (self.rests_until if refused else None, self.silence.until)), default=None)

    def forgive(self) -> None:
        """The account is fine, as far as anybody knows."""
        self.rests_until, self.rests_for = None, set()

    @property
    def pause(self) -> float:
        """How long the provider's rate allows no further message, in seconds of real time."""
        return max(self._next_claim - monotonic(), 0.0)

    @property
    def at_once(self) -> int:
        """How many messages may be claimed together: those of a second, one at least."""
        return max(1, int(self.per_second))

    def claimed(self, messages: int, now: datetime) -> None:
        """So many messages are about to be sent."""
        pause = messages / self.per_second
        self._next_claim = monotonic() + pause
        self._paced_until = now + timedelta(seconds=pause) if pause >= TOLD_PAUSE else None

    def kept(self) -> Row:
        """What whoever sends on this channel next has to know."""
        trouble = self.silence.trouble
        return {
            "channel": self.channel,
            "rests_until": self.rests_until,
            "rests_for": sorted(self.rests_for),
            "unanswered": self.silence.sends,
            "silent_until": self.silence.until,
            "trouble": trouble.reason if trouble else "",
            "trouble_at": trouble.at if trouble else None,
            "paced_until": self._paced_until,
        }

    def take(self, row: Row, now: datetime) -> None:
        """Go on from what was kept, at ``now`` (UTC). Who kept it may have had another clock: nothing rests longer than
        it can from now on."""
        self.rests_until, self.rests_for = at_most(row["rests_until"], now + DOWN_PAUSE), set(row["rests_for"])
        trouble = Trouble(row["trouble"], row["trouble_at"]) if row["trouble_at"] else None
        silent_until = at_most(row["silent_until"], now + LONGEST_REST)
        self.silence = Silence(self.channel, row["unanswered"], silent_until, trouble)
        self._paced_until = at_most(row["paced_until"], now + timedelta(seconds=self.at_once / self.per_second))
        pause = (self._paced_until - now).total_seconds() if self._paced_until else 0.0
        self._next_claim = monotonic() + pause


def at_most(until: datetime | None, latest: datetime) -> datetime | None:
    """A moment, but none after the latest."""
    return min(until, latest) if until else None
