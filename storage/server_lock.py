"""One gateway process per PostgreSQL database: an advisory lock, held by a session of its own."""

from dataclasses import dataclass
from time import monotonic, sleep

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from storage.errors import AlreadyRunning

GATEWAY = 0x70_6F_69_6E_74_74  # the lock's number, for ever the same; other locks of ours have others
CLAIM_SECONDS = 5.0  # how long a start waits: the server notices the end of a killed process a moment later
LOOK_AGAIN = 0.1  # seconds
CHECK_SECONDS = 3.0  # for so long it is taken for granted that the session is still there

SESSION = text(  # a machine that is gone is given up after half a minute, not after the two hours of most servers
    "SELECT set_config('application_name', 'pointsman gateway', false),"
    " set_config('tcp_keepalives_idle', '15', false),"
    " set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
TAKE = text("SELECT pg_try_advisory_lock(:number)").bindparams(number=GATEWAY)
ALIVE = text("SELECT 1")
HOLDER = text(
    "SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND pg_locks.database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32 | objid::bigint) = :number"
).bindparams(number=GATEWAY)


@dataclass
class ServerLock:
    """The lock of one process, held until `close` or the end of the process, however it ends.

    The server gives it up when its session ends: so who works under it calls `confirm` first. ``engine`` makes
    connections that commit by themselves and are not pooled. Raises SQLAlchemy's errors where the server can't be used.
    """

    engine: Engine
    _session: Connection | None = None
    _confirmed: float = 0.0  # on the monotonic clock, in seconds

    def claim(self, within: float = CLAIM_SECONDS) -> None:
        """Be the one that holds it. Raises `AlreadyRunning` if another does for ``within`` seconds."""
        until = monotonic() + within
        while not self._has():
            if monotonic() >= until:
                raise AlreadyRunning(self._holder())
            sleep(LOOK_AGAIN)
        self._confirmed = monotonic()

    def confirm(self) -> None:
        """The lock is ours still, or again: its session was there in the last `CHECK_SECONDS`, or there is a new one.

        Raises `AlreadyRunning` if another process has taken it meanwhile.
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
        if taken := has_taken(session):
            self._session = session
        return taken

    def _holder(self) -> str:
        with self.engine.connect() as session:
            row = session.execute(HOLDER).first()
        of = f" (PostgreSQL's session {row[0]}, begun at {row[1]} UTC)" if row else ""
        return f"another gateway process already runs on this database{of}"


def is_held(engine: Engine) -> bool:
    """Whether any process has the lock now."""
    with engine.connect() as session:
        return session.execute(HOLDER).first() is not None


def has_taken(session: Connection) -> bool:
    """Whether this session has the lock now; one that has not is closed."""
    taken = False
    try:
        session.execute(SESSION)
        taken = bool(session.execute(TAKE).scalar_one())
    finally:
        if not taken:
            session.close()
    return taken
