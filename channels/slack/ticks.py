"""A ts: Slack's name for a post, unique in its conversation, and the seconds since 1970 at which it was posted."""

import re
from datetime import datetime
from decimal import Decimal

_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,6}")


def tick_of(ts: str) -> Decimal:
    """A ts as a number; 0 where it is none."""
    return Decimal(ts) if _TS.fullmatch(ts) else Decimal(0)


def tick(moment: datetime) -> Decimal:
    """A moment as the ts of what is posted then."""
    return Decimal(f"{moment.timestamp():.6f}")


def place_of(posted: str) -> tuple[str, str]:
    """The conversation and the ts in our name for a post, ``conversation:ts``; "" and "" where it is none."""
    channel, _, ts = posted.partition(":")
    return (channel, ts) if channel and _TS.fullmatch(ts) else ("", "")
