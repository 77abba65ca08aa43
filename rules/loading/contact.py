"""`contact` as written: the limits to when and how often a campaign writes to people."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from rules.contact import NO_LIMITS, Contact
from rules.hours import EVERY_DAY, Hours, next_allowed
from rules.loading.mistakes import Mistakes
from rules.loading.reading import read
from rules.loading.shape import Spec
from rules.loading.times import Days, Holidays, Spans, not_so

MAX_PER_DAY = 100
MAX_PER_WEEK = 500
MAX_PACE = 60_000  # communications per minute


def _read_pace(value: object) -> object:
    if isinstance(value, str) and not value.isdecimal():
        raise not_so("a pace is a whole number, of communications per minute: 600")
    return value


Pace = Annotated[int, BeforeValidator(_read_pace)]


class ContactSpec(Spec):
    """The mapping as written; 0 for a limit that is not set."""

    meant: ClassVar[Mapping[str, str]] = {"quiet": "quiet_hours", "quiet_time": "quiet_hours"}

    quiet_hours: Spans = Field(default=[])
    quiet_days: Days = Field(default=[])
    holidays: Holidays = Field(default=[])
    max_per_day: int = Field(default=0, ge=1, le=MAX_PER_DAY)
    max_per_week: int = Field(default=0, ge=1, le=MAX_PER_WEEK)
    pace: Pace = Field(default=0, ge=1, le=MAX_PACE)

    def build(self) -> Contact:
        """People may be written to from the end of each quiet range until its next beginning."""
        outside = (Hours(begins=ends, ends=begins) for begins, ends in self.quiet_hours)
        loud = EVERY_DAY.difference(*self.quiet_days)
        return Contact(
            hours=(*outside, Hours(days=loud)) if self.quiet_days else tuple(outside),
            holidays=frozenset(day for day in self.holidays if isinstance(day, date)),
            yearly=frozenset(day for day in self.holidays if isinstance(day, tuple)),
            per_day=self.max_per_day,
            per_week=self.max_per_week,
            pace=self.pace,
        )


UNDER_CONTACT: Mapping[str, str] = {
    key: f'under "contact" at the top of the file: contact: {{{key}: ...}}' for key in ContactSpec.model_fields
}
"""Where each key of `contact` is written, for one that stands elsewhere."""


def read_contact(data: object, mistakes: Mistakes) -> Contact:
    """The entry `contact` at the top of the file; limits under which nobody could ever be written to are a mistake."""
    spec = read(ContactSpec, data, ("contact",), mistakes) if isinstance(data, dict) else None
    if spec is None:
        return NO_LIMITS
    contact = spec.build()
    constraints = [hours.earliest for hours in contact.hours]
    if next_allowed(datetime(2026, 1, 1, tzinfo=UTC), UTC, constraints) is None:
        key = "quiet_days" if spec.quiet_days else "quiet_hours"
        hint = "leave some hours of some days in which people may be written to"
        mistakes.at_key(("contact", key), "E109", "the quiet hours and days leave no time at all", hint)
    return contact
