"""What the command line changes is told in the trail of changes, as what the API changes is."""

import os
from getpass import getuser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.audit import Entry


def entry(what: str, subject: str, **changes: Any) -> "Entry":
    """A line of it: whoever gives this command changed ``subject`` (`noun/id`); see `storage.audit.Entry`."""
    from gateway.clock import SystemClock
    from storage.audit import Entry

    return Entry(at=SystemClock().now(), who=f"cli:{_user()}", what=what, subject=subject, **changes)


def _user() -> str:
    """The user of the operating system, by number where that one has no name, as in a container."""
    try:
        return getuser()
    except (OSError, KeyError):
        return str(os.getuid())
