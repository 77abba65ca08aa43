"""One gateway per PostgreSQL database: an advisory lock, held by a session of its own. A gateway of one process has it
for itself; the processes of one that is made of several share it."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic, sleep

from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import DBAPIError

from storage.errors import AlreadyRunning

GATEWAY = 0x70_6F_69_6E_74_74  # the lock's number, for ever the same; other locks of ours have others
CLAIM_SECONDS = 5.0  # how long a start waits: the server notices the end of a killed process a moment later
LOOK_AGAIN = 0.1  # seconds
CHECK_SECONDS = 3.0  # for so long it is taken for granted that the session is still there

ALONE_IN = "pointsman gateway"  # by this name of its session administrators know a gateway of one process
SHARED_IN = f"{ALONE_IN}: "  # and so, followed by its roles, one of several
MOST_NAMED = 5  # processes that are named where the lock is refused

SESSION = text(  # a machine that is gone is given up after half a minute, not after the two hours of most servers
    "SELECT set_config('application_name', :name, false),"
    " set_config('tcp_keepalives_idle', '15', false),"
    " set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
TAKE = text("SELECT pg_try_advisory_lock(:number)").bindparams(number=GATEWAY)
SHARE = text("SELECT pg_try_advisory_lock_shared(:number)").bindparams(number=GATEWAY)
ALIVE = text("SELECT 1")
HOLDERS = text(
    "SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS begun, application_name AS name,"
    " mode = 'ShareLock' AS shared"
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND pg_locks.database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32 | objid::bigint) = :number ORDER BY backend_start, pid"
).bindparams(number=GATEWAY)


@dataclass
class ServerLock:
    """The lock of one process, held until `close` or the end of the process, however it ends.

    Without ``roles`` (in words, for people) nobody else may have it; with them, others with roles may. The server gives
    it up when its session ends: so who works under it calls `confirm` first. ``engine`` makes connections that commit
    by themselves and are not pooled. Raises SQLAlchemy's errors where the server can't be used.
    """

    engine: Engine
    roles: str = ""
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
        if taken := has_taken(session, self.roles):
            self._session = session
        return taken

    def _holders(self) -> str:
        with self.engine.connect() as session:
            return in_words(session.execute(HOLDERS).all(), self.roles)


def is_held(engine: Engine) -> bool:
    """Whether any process has the lock now."""
    with engine.connect() as session:
        return session.execute(HOLDERS).first() is not None


def has_taken(session: Connection, roles: str) -> bool:
    """Whether this session has the lock now; one that has not is closed."""
    taken = False
    try:
        session.execute(SESSION, {"name": f"{SHARED_IN}{roles}" if roles else ALONE_IN})
        taken = bool(session.execute(SHARE if roles else TAKE).scalar_one())
    finally:
        if not taken:
            session.close()
    return taken


def in_words(holders: Sequence[Row[tuple[int, str, str, bool]]], roles: str) -> str:
    """Who has the lock, and what to do, for a process with these roles that does not get it."""
    if not any(holder.shared for holder in holders):
        of = f" ({session_of(holders[0])})" if holders else ""
        others = ", and it has no roles: stop it, or give it some" if roles else ""
        return f"another gateway process already runs on this database{of}{others}"
    named = "; ".join(f"{holder.name.removeprefix(SHARED_IN)}: {session_of(holder)}" for holder in holders[:MOST_NAMED])
    more = f"; and {len(holders) - MOST_NAMED} more" if len(holders) > MOST_NAMED else ""
    processes = f"another gateway of {len(holders)} process{'es' if len(holders) > 1 else ''} with roles"
    return f"{processes} already runs on this database ({named}{more}): give this one a role, or stop those"


def session_of(holder: Row[tuple[int, str, str, bool]]) -> str:
    return f"PostgreSQL's session {holder.pid}, begun at {holder.begun} UTC"
