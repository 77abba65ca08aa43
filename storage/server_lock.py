"""One gateway per PostgreSQL database: an advisory lock, held by a session of its own. A gateway of one process has it
for itself; the processes of one that is made of several share it."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic, sleep

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from storage.errors import AlreadyRunning
from storage.processes import GATEWAY, Process, named, processes, session_name

CLAIM_SECONDS = 5.0  # how long a start waits: the server notices the end of a killed process a moment later
LOOK_AGAIN = 0.1  # seconds
CHECK_SECONDS = 3.0  # for so long it is taken for granted that the session is still there

SESSION = text(  # a machine that is gone is given up after half a minute, not after the two hours of most servers
    "SELECT set_config('application_name', :name, false),"
    " set_config('tcp_keepalives_idle', '15', false),"
    " set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
TAKE = text("SELECT pg_try_advisory_lock(:number)").bindparams(number=GATEWAY)
SHARE = text("SELECT pg_try_advisory_lock_shared(:number)").bindparams(number=GATEWAY)
ALIVE = text("SELECT 1")


@dataclass
class ServerLock:
    """The lock of one process, held until `close` or the end of the process, however it ends.

    Without ``roles`` (in words, for people) nobody else may have it; with them, others with roles may, who see a
    fingerprint of its ``settings``. The server gives it up when its session ends: so who works under it calls
    `confirm` first. ``engine`` makes connections that commit by themselves and are not pooled. Raises SQLAlchemy's
    errors where the server can't be used.
    """

    engine: Engine
    roles: str = ""
    settings: str = ""
    _session: Connection | None = None
    _confirmed: float = 0.0  # on the monotonic clock, in seconds

    def claim(self, within: float = CLAIM_SECONDS) -> None:
        """Hold it. Raises `AlreadyRunning` if a process with which it can't be shared does for ``within`` seconds."""
        until = monotonic() + within
        while not self._has():
            if monotonic() >= until:
                raise AlreadyRunning(self._holders())
            sleep(LOOK_AGAIN)
        self._confirmed = monotonic()

    def confirm(self) -> None:
        """The lock is ours still, or again: its session was there in the last `CHECK_SECONDS`, or there is a new one.

        Raises `AlreadyRunning` if a process with which it can't be shared has taken it meanwhile.
        """
        if monotonic() >= self._confirmed + CHECK_SECONDS:
            self.claim(within=0.0)

    def close(self) -> None:
        """Let go of it."""
        self._confirmed = 0.0
        if self._session is not None:
            self._session.close()
            self._session = None

    def _has(self) -> bool:
        return self._lives() or self._takes()

    def _lives(self) -> bool:
        """Whether the session that holds it is there."""
        if self._session is None:
            return False
        try:
            self._session.execute(ALIVE)
        except DBAPIError:
            self._session.invalidate()
            self.close()
            return False
        return True

    def _takes(self) -> bool:
        """Whether a new session gets it, which then is kept."""
        session = self.engine.connect()
        if taken := has_taken(session, self.roles, self.settings):
            self._session = session
        return taken

    def _holders(self) -> str:
        with self.engine.connect() as session:
            return in_words(processes(session), self.roles)


def has_taken(session: Connection, roles: str, settings: str) -> bool:
    """Whether this session has the lock now; one that has not is closed."""
    taken = False
    try:
        session.execute(SESSION, {"name": session_name(roles, settings)})
        taken = bool(session.execute(SHARE if roles else TAKE).scalar_one())
    finally:
        if not taken:
            session.close()
    return taken


def in_words(holders: Sequence[Process], roles: str) -> str:
    """Who has the lock, and what to do, for a process with these roles that does not get it."""
    if not any(holder.roles for holder in holders):
        of = f" ({holders[0]})" if holders else ""
        others = ", and it has no roles: stop it, or give it some" if roles else ""
        return f"another gateway process already runs on this database{of}{others}"
    running = f"another gateway of {len(holders)} process{'es' if len(holders) > 1 else ''} with roles"
    return f"{running} already runs on this database ({named(holders)}): give this one a role, or stop those"
