"""Copies of frozen values with some properties changed: deciding makes a dozen of them for an event."""

from typing import TYPE_CHECKING

__all__ = ["replace"]

if TYPE_CHECKING:
    from dataclasses import replace  # so that names and types of what changes are checked
else:

    def replace(value, /, **changes):
        """As `dataclasses.replace`, in a quarter of the time: for frozen dataclasses that have neither slots nor a
        `__post_init__` nor anything cached."""
        copy = object.__new__(type(value))
        object.__setattr__(copy, "__dict__", value.__dict__ | changes)
        return copy
