"""Hours of the day and days of the week, in somebody's time zone; and the first moment that keeps to all of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

EVERY_DAY = frozenset(range(7))  # Monday is 0
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
DAYS_LOOKED_AT = 16  # two weeks: a zone may leave out a day, as Samoa did with a Friday in 2011
SEARCHED = timedelta(days=366)

Constraint = Callable[[datetime, tzinfo], datetime | None]
"""A moment (UTC) and a zone: that moment where it keeps to the constraint, else a later one before which none does;
None where no moment does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When something may happen: from ``begins`` until before ``ends`` on ``days`` (0 is Monday), local time.

    Where ``ends`` is not after ``begins`` the hours go past midnight and belong to the day on which they begin; the
    same time twice means the whole day.
    """

    begins: time = time()
    ends: time = time()
    days: frozenset[int] = EVERY_DAY

    def earliest(self, start: datetime, zone: tzinfo) -> datetime | None:
        """The first moment (UTC) from ``start`` on that is within these hours in ``zone``; None where there is none."""
        if self.begins == self.ends and self.days == EVERY_DAY:
            return start
        today = day_of(start, zone)
        for day in (today + timedelta(days=number) for number in range(-1, DAYS_LOOKED_AT)):
            if day.weekday() in self.days:
                begins, ends = self._on(day, zone)
                if max(start, begins) < ends:
                    return max(start, begins)
        return None

    def _on(self, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
        last = day if self.begins < self.ends else day + DAY
        return moment_at(datetime.combine(day, self.begins), zone), moment_at(datetime.combine(last, self.ends), zone)


ALWAYS = Hours()


def next_allowed(start: datetime, zone: tzinfo, constraints: Iterable[Constraint]) -> datetime | None:
    """The first moment (UTC) from ``start`` on that keeps to all constraints in ``zone``; None: not within a year."""
    wanted = tuple(constraints)
    try:
        return _agreed(start, zone, wanted)
    except OverflowError:  # the end of the calendar
        return None


def _agreed(start: datetime, zone: tzinfo, constraints: tuple[Constraint, ...]) -> datetime | None:
    """Each constraint moves the moment on as far as it must, until none does any more."""
    moment = start
    while moment - start <= SEARCHED:
        before = moment
        for constraint in constraints:
            later = constraint(moment, zone)
            if later is None:
                return None
            moment = later
        if moment == before:
            return moment
    return None


def day_of(moment: datetime, zone: tzinfo) -> date:
    """The day it is in ``zone`` at that moment."""
    return moment.astimezone(zone).date()


def day_after(day: date, zone: tzinfo) -> datetime:
    """The first moment (UTC) of the following day in ``zone``."""
    return moment_at(datetime.combine(day + DAY, time()), zone)


def moment_at(wall: datetime, zone: tzinfo) -> datetime:
    """The first moment (UTC) at which the clocks of ``zone`` show ``wall`` (whole seconds, no zone) or later.

    Where clocks are set forward past it, that is the moment at which they are; where they are set back and show it
    twice, the first of the two.
    """
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if _shown(moment, zone) == wall:
        return moment
    return _set_forward(wall, wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment, zone)


def _set_forward(wall: datetime, before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The second between these two at which the clocks are set forward past ``wall`` (PEP 495: the folds of a time
    that never comes lie on either side)."""
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if _shown(middle, zone) < wall:
            before = middle
        else:
            after = middle
    return after


def _shown(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
