"""Ids made by us: 32 hex digits."""

import re
from hashlib import sha256
from secrets import token_hex

_ID = re.compile(r"[0-9a-f]{32}")


def is_id(text: str) -> bool:
    """Whether ``text`` has an id's form; nothing else is asked of a database, which may not even take it."""
    return _ID.fullmatch(text) is not None


def new_id() -> str:
    """A random id."""
    return token_hex(16)


def derived_id(*parts: str) -> str:
    """The same id for the same parts, for ever: deciding an event again makes no second customer or message."""
    return sha256("\0".join(parts).encode()).hexdigest()[:32]
