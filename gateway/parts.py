"""How every part of the gateway works: turn by turn, with rests between, through outages and faults."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
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
    while not bell.closed:
        rest = await one_turn(part, turn)
        if rest:
            await bell.wait(rest.until, rest.seconds)


async def one_turn(part: str, turn: Callable[[], Awaitable[Rest | None]]) -> Rest | None:
    try:
        return await turn()
    except StorageUnavailable as error:
        log.error("database_unavailable", part=part, reason=str(error))
    except Exception:
        log.exception("part_failed", part=part)
    return Rest(OUTAGE_PAUSE)


def reason_of(error: Exception) -> str:
    """Why something failed, fit to be kept: an error's own words may quote what people wrote, so only its kind and
    its place are told, but for errors whose words are ours."""
    if isinstance(error, (StorageError, LoopFound)):
        return str(error)
    place = extract_tb(error.__traceback__)[-1:]
    return " ".join([type(error).__name__, *(f"at {Path(p.filename).name}:{p.lineno}" for p in place)])
