"""The limits that a campaign sets to how and when its participants are contacted."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from rules.hours import Constraint, Hours, day_after, day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What every communication of a campaign keeps to, in the participant's time zone.

    ``hours`` are when people may be written to, all of them at once (the opposite of quiet hours and days);
    ``holidays`` are days on which they are not, ``yearly`` those that come every year, as (month, day). ``per_day`` and
    ``per_week`` (Monday to Sunday) cap how many communications may begin with one participant, 0 for no cap; ``pace``
    how many may begin per minute in the whole campaign, 0 for no limit.
    """

    hours: tuple[Hours, ...] = ()
    holidays: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    per_day: int = 0
    per_week: int = 0
    pace: int = 0

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """When people may be written to; the caps, which depend on what has begun, are not among them."""
        hours = tuple(hours.earliest for hours in self.hours)
        return (*hours, self._after_holidays) if self.holidays or self.yearly else hours

    def caps(self, begun: tuple[datetime, ...]) -> tuple[Constraint, ...]:
        """When one more communication may begin; ``begun`` are the moments (UTC) at which others did."""
        return (Caps(begun, self.per_day, self.per_week).earliest,) if self.per_day or self.per_week else ()

    def _after_holidays(self, start: datetime, zone: tzinfo) -> datetime:
        day = day_of(start, zone)
        if day in self.holidays or (day.month, day.day) in self.yearly:
            return day_after(day, zone)
        return start


NO_LIMITS = Contact()


@dataclass(frozen=True, slots=True)
class Caps:
    """How many communications may begin on a day and in a week, Monday to Sunday; 0 for any number."""

    begun: tuple[datetime, ...]
    per_day: int = 0
    per_week: int = 0

    def earliest(self, start: datetime, zone: tzinfo) -> datetime:
        """``start``, or else the first moment (UTC) of the next day, or Monday, after a full one."""
        days = Counter(day_of(moment, zone) for moment in self.begun)
        day = day_of(start, zone)
        sunday = day + timedelta(days=6 - day.weekday())
        if self.per_week and sum(days[sunday - timedelta(days=n)] for n in range(7)) >= self.per_week:
            return day_after(sunday, zone)
        return day_after(day, zone) if self.per_day and days[day] >= self.per_day else start
