"""Moments as an operator writes them."""

import re
from datetime import UTC, datetime, timedelta

from gateway.commands.failing import CommandFailed

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
AGO = re.compile(r"(\d{1,6})([mhd])", re.ASCII)


def moment_meant(text: str, option: str = "--since") -> datetime:
    """The moment meant (UTC): so long ago, or a time, of this machine's zone where it names none. Raises
    `CommandFailed`."""
    from gateway.clock import SystemClock

    try:
        if ago := AGO.fullmatch(text):
            return SystemClock().now() - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandFailed(f'{option} "{text}" must be such as 30m, 2h, 3d or 2027-03-01 08:00') from None
