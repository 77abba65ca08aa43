"""The gateway processes on a PostgreSQL database, as the sessions are named that hold its lock."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, text

GATEWAY = 0x70_6F_69_6E_74_74  # the lock's number, for ever the same; other locks of ours have others

ALONE_IN = "pointsman gateway"  # by this name of its session administrators know a gateway of one process
SHARED_IN = f"{ALONE_IN}: "  # and so, followed by its roles, one of several
SETTINGS = " #"  # before what its settings come to; with all roles that takes 60 of the 63 bytes of a session's name
MOST_NAMED = 5

HOLDERS = text(
    "SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS begun, application_name AS name,"
    " host(client_addr) AS host"
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND pg_locks.database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32 | objid::bigint) = :number ORDER BY backend_start, pid"
).bindparams(number=GATEWAY)


@dataclass(frozen=True, slots=True)
class Process:
    """A gateway process that runs: its ``roles`` in words, "" where it is the only one; a fingerprint of its
    ``settings``, "" where it gave none; the number of its session at PostgreSQL, when that began, in UTC, and the
    address that it came from, "" where that is a socket of the server's own machine."""

    roles: str
    settings: str
    session: int
    begun: str
    host: str

    def __str__(self) -> str:
        host = f" from {self.host}" if self.host else ""
        session = f"PostgreSQL's session {self.session}{host}, begun at {self.begun} UTC"
        return f"{self.roles}: {session}" if self.roles else session


def named(processes: Sequence[Process]) -> str:
    """Processes for people, the first `MOST_NAMED`."""
    more = f"; and {len(processes) - MOST_NAMED} more" if len(processes) > MOST_NAMED else ""
    return "; ".join(map(str, processes[:MOST_NAMED])) + more


def session_name(roles: str, settings: str) -> str:
    """The name of the session of a process."""
    return f"{SHARED_IN}{roles}{SETTINGS}{settings}" if roles else ALONE_IN


def processes(connection: Connection) -> list[Process]:
    """Those that hold the lock now, the oldest first."""
    return [process_of(row) for row in connection.execute(HOLDERS)]


def process_of(row: Row[tuple[int, str, str, str | None]]) -> Process:
    """The process whose session this is."""
    roles, _, settings = row.name.removeprefix(ALONE_IN).removeprefix(": ").partition(SETTINGS)
    return Process(roles, settings, row.pid, row.begun, row.host or "")
