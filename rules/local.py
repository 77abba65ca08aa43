"""Moments written without an offset: `2027-03-31T14:05` is that time on somebody's clocks, and whose they are is known
only where the value is applied.

Until then such a moment is kept as a datetime without a zone. `rules.participants` decides for what is written to
fields, the node where a value is compared or handed over; nothing that is stored with a participant is local.
"""

from datetime import UTC, datetime, tzinfo

from rules.values import Value


def is_local(value: Value) -> bool:
    """Whether the value is a moment of which the zone is still to be told."""
    return isinstance(value, datetime) and value.tzinfo is None


def placed(value: Value, zone: tzinfo) -> Value:
    """A local moment as the instant (UTC) when the clocks of ``zone`` show it; any other value as it is.

    A time that the clocks skip is the moment after it, one that they show twice the first (see `instant_of`). Within
    hours of the calendar's ends, where a zone may have no such instant, it is taken as UTC: lists write
    `9999-12-31 23:59` for never.
    """
    if not isinstance(value, datetime) or value.tzinfo is not None:
        return value
    try:
        return instant_of(value, zone)
    except (OverflowError, ValueError):
        return value.replace(tzinfo=UTC)


def instant_of(local: datetime, zone: tzinfo) -> datetime:
    """The instant (UTC) of a local moment; raises OverflowError or ValueError past the calendar.

    PEP 495: with fold=0, ``zone`` takes a skipped time by the offset before the change, a repeated one as the first.
    """
    return local.replace(tzinfo=zone).astimezone(UTC)
