"""How every part of the gateway works: turn by turn, with rests between, through outages and faults."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from traceback import extract_tb
from typing import Protocol

import structlog

from gateway.clock import Bell
from rules.reaction import LoopFound
from storage.errors import StorageError, StorageUnavailable

OUTAGE_PAUSE = 1.0  # seconds before work is taken up again after an outage or a fault
SWEEP = 1.0  # seconds after which the inbox is looked at though nobody rang: another process may have kept events
MAX_ATTEMPTS = 3  # tries before an event that fails is parked

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rest:
    """How long a part has nothing to do, unless its bell rings: ``seconds`` of real time, or until the clock says."""

    seconds: float
    until: datetime | None = None


@dataclass
class Outage:
    """Tells in the log that the database is away for a part of the gateway, at each try, and once that it is back."""

    part: str
    _since: float | None = None

    def lasts(self, error: StorageUnavailable) -> None:
        """It was tried once more, in vain."""
        self._since = monotonic() if self._since is None else self._since
        log.error("database_unavailable", part=self.part, reason=str(error))

    def is_over(self) -> None:
        """The database took what the part asked of it."""
        if self._since is not None:
            log.warning("database_back", part=self.part, seconds=round(monotonic() - self._since, 1))
        self._since = None


class PartEnded(Exception):
    """A part of the gateway ended though nobody asked for a stop: the process has to be started again."""


class Part(Protocol):
    """What works for as long as the gateway runs."""

    async def run(self) -> None:
        """Work until the part's bell is closed."""


async def keep_working(part: str, bell: Bell, turn: Callable[[], Awaitable[Rest | None]]) -> None:
    """Take turn after turn, resting as each one says, until the bell is closed.

    A database that is away and a fault that nobody foresaw are logged, and the next turn comes after a pause.
    """
    outage = Outage(part)
    while not bell.closed:
        rest = await one_turn(outage, turn)
        if rest:
            await bell.wait(rest.until, rest.seconds)


async def one_turn(outage: Outage, turn: Callable[[], Awaitable[Rest | None]]) -> Rest | None:
    """One turn of the part that ``outage`` is about."""
    try:
        rest = await turn()
    except StorageUnavailable as error:
        outage.lasts(error)
    except Exception:
        log.exception("part_failed", part=outage.part)
    else:
        outage.is_over()
        return rest
    return Rest(OUTAGE_PAUSE)


def reason_of(error: Exception) -> str:
    """Why something failed, fit to be kept: an error's own words may quote what people wrote, so only its kind and
    its place are told, but for errors whose words are ours."""
    if isinstance(error, (StorageError, LoopFound)):
        return str(error)
    place = extract_tb(error.__traceback__)[-1:]
    return " ".join([type(error).__name__, *(f"at {Path(p.filename).name}:{p.lineno}" for p in place)])
