"""Failures as values, to be compared."""

from channels.errors import ChannelError


def told(error: ChannelError) -> tuple[type, dict[str, object]]:
    """All that a failure says."""
    return type(error), vars(error)
