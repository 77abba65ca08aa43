"""The connections to a server: how many there may be, and who goes first.

Who makes us wait goes first: a connection that never asked anything, then the one that has been silent for longest. So
those who hold connections open cannot keep out those who ask something.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from gateway.open_files import open_files
from gateway.seldom import Seldom

MAX_CONNECTIONS = 12_000  # open at once
NEW_SECONDS = 1.0  # how old a connection must be to go first because it has asked nothing yet
RESERVED_FILES = 512  # open files left to the database, the spool, sends and calls


class Open(Protocol):
    """A connection that can be ended."""

    def refuse(self, status: int) -> None:
        """Answer with this status, and hang up."""

    def force_close(self) -> None:
        """Hang up."""


def most_connections() -> int:
    """How many connections may be open: fewer where the system gives us few files."""
    return min(MAX_CONNECTIONS, max(open_files() - RESERVED_FILES, open_files() // 2))


@dataclass
class Connections:
    """All connections that are open, at most ``limit``."""

    limit: int = field(default_factory=most_connections)
    _open: set[Open] = field(default_factory=set)
    _strangers: OrderedDict[Open, float] = field(default_factory=OrderedDict)  # asked nothing yet, since when; in order
    _silent: OrderedDict[Open, None] = field(default_factory=OrderedDict)  # were answered, longest ago first
    _full: Seldom = field(default_factory=lambda: Seldom("connections_full"))

    def __len__(self) -> int:
        return len(self._open)

    def came(self, one: Open) -> None:
        """A new connection: another one goes for it where there are too many, and where all are busy it goes itself."""
        if len(self._open) >= self.limit:
            self._full.tell(reason=f"{len(self._open)} connections are open, of at most {self.limit}")
            if not self._make_room():
                one.refuse(503)
                return
        self._open.add(one)
        self._strangers[one] = monotonic()

    def asks(self, one: Open) -> None:
        """It has sent the head of a request."""
        self._strangers.pop(one, None)
        self._silent.pop(one, None)

    def rests(self, one: Open) -> None:
        """It was answered, and asks nothing else yet."""
        if one in self._open:
            self._silent[one] = None

    def left(self, one: Open) -> None:
        """It is closed, or will be."""
        self.asks(one)
        self._open.discard(one)

    def close_strangers(self) -> None:
        """Hang up on all who have asked nothing."""
        for one in list(self._strangers):
            one.force_close()

    def _make_room(self) -> bool:
        victim = self._victim()
        if victim is None:
            return False
        self.left(victim)
        victim.force_close()
        return True

    def _victim(self) -> Open | None:
        """Who is new may have sent something that we have not read yet."""
        oldest = next(iter(self._strangers), None)
        if oldest is not None and monotonic() - self._strangers[oldest] >= NEW_SECONDS:
            return oldest
        return next(iter(self._silent), oldest)
