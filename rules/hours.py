"""Hours of the day and days of the week, in somebody's time zone."""

from dataclasses import dataclass
from datetime import time

EVERY_DAY = frozenset(range(7))  # Monday is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When something may happen: from ``begins`` until before ``ends`` on ``days`` (0 is Monday), local time.

    Where ``ends`` is not after ``begins`` the hours go past midnight and belong to the day on which they begin; the
    same time twice means the whole day.
    """

    begins: time = time()
    ends: time = time()
    days: frozenset[int] = EVERY_DAY


ALWAYS = Hours()
