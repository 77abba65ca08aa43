"""The limits that a campaign sets to how and when its participants are contacted."""

from dataclasses import dataclass
from datetime import date

from rules.hours import ALWAYS, Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What every communication of a campaign keeps to, in the participant's time zone.

    ``hours`` are when people may be written to (the opposite of quiet hours and days); ``holidays`` are days on which
    they are not, ``yearly`` those that come every year, as (month, day). ``per_day`` and ``per_week`` (Monday to
    Sunday) cap how many communications may begin with one participant, 0 for no cap; ``pace`` how many may begin per
    minute in the whole campaign, 0 for no limit.
    """

    hours: Hours = ALWAYS
    holidays: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    per_day: int = 0
    per_week: int = 0
    pace: int = 0


NO_LIMITS = Contact()
