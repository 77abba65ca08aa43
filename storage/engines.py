"""Connections, as each database wants them."""

import os
import re
import sqlite3
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext

from storage.raw_sql import rows_of_driver

BUSY_SECONDS = 5  # how long SQLite waits for another process's write; a provider waits 15 for its answer, then gives up
CONNECT_SECONDS = 10
ALONE = {"alone": True}  # an execution option: this transaction writes while no other does
LOCK = 0x70_6F_69_6E_74_73  # PostgreSQL's advisory lock that whoever writes shares, but for one who is alone
WRITERS = 5  # pooled connections; writes made through `Storage.run` need only one
IDLE_SECONDS = 5  # how long, of many processes, one may stand still in the middle of a transaction
ANSWER_SECONDS = 10  # how long PostgreSQL may look for what somebody waits for
SILENT_SECONDS = 3  # how long a session that renews leases waits for the server
READ_ONLY = "25006"  # SQLSTATE of a write that a standby is asked for
READERS = 4  # reading threads, and pooled connections for them

HOST = re.compile(r"(?:\[([^]]*)\]|([^:]*))(?::(\d*))?")  # in a URL that names several: a name or [IPv6], and a port

# Only "off" answers before the commit is on disk; the other settings are about standbys, and stay.
DURABLE = (
    "CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END"
)

SQLITE_WRITES = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",  # what is erased is overwritten; many builds do so by themselves
)
POSTGRES = {
    "fallback_application_name": "pointsman",  # where the address gives no other: by it administrators know us
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds: a server that is gone is given up, not waited for a quarter of an hour
}


def database_url(url: str) -> URL:
    """The URL with the driver this program uses. Raises ValueError unless it names a SQLite file or PostgreSQL.

    All that follows ``sqlite:///`` is the file's path, taken as it stands: folders may have ?, # and % in their names.
    Of PostgreSQL there may be several hosts (``postgresql://one,two:5433/NAME?target_session_attrs=read-write``), as
    libpq has it: each new connection tries them in turn.
    """
    kind, _, rest = url.partition("://")
    path = rest.removeprefix("/")
    if kind == "sqlite" and path not in ("", rest, ":memory:"):
        return URL.create("sqlite+pysqlite", database=path)
    if kind.partition("+")[0] in ("postgresql", "postgres"):
        return make_url(with_one_host(url)).set(drivername="postgresql+psycopg")
    raise ValueError("the database must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")


def with_one_host(url: str) -> str:
    """The URL with its hosts, where there are several, as SQLAlchemy takes them: among the options."""
    address, _, options = url.partition("?")
    scheme, _, rest = address.partition("://")
    server, _, database = rest.partition("/")
    who, at, hosts = server.rpartition("@")
    if "," not in hosts:
        return url
    ends = [host_and_port(host) for host in hosts.split(",")]
    named, ports = quote(",".join(host for host, _ in ends)), ",".join(port for _, port in ends)
    return f"{scheme}://{who}{at}/{database}?host={named}&port={ports}{'&' if options else ''}{options}"


def host_and_port(text: str) -> tuple[str, str]:
    """Of one of several hosts in a URL. Raises ValueError."""
    if (found := HOST.fullmatch(text)) is None or not (host := found[1] or found[2]):
        raise ValueError(f"among the hosts of the database is one that can't be: {text[:60]!r}")
    return host, found[3] or ""


def address_of(url: URL) -> str:
    """Where PostgreSQL is, and which database, for people: without a password and other options."""
    who = f"{url.username}@" if url.username else ""
    hosts, ports = str(url.query.get("host", "")).split(","), str(url.query.get("port", "")).split(",")
    if len(hosts) < 2:
        return str(URL.create("postgresql", url.username, host=url.host, port=url.port, database=url.database))
    ends = (f"{host}:{port}" if port else host for host, port in zip_longest(hosts, ports, fillvalue=""))
    return f"postgresql://{who}{','.join(ends)}/{url.database or ''}"


def writing_engine(url: URL) -> Engine:
    """Connections that write: on SQLite each transaction takes the write lock at once."""
    if url.get_backend_name() == "sqlite":
        return sqlite_engine(url, SQLITE_WRITES, "BEGIN IMMEDIATE", WRITERS)
    engine = postgres_engine(url, WRITERS)
    event.listen(engine, "connect", see_what_is_committed)
    event.listen(engine, "begin", take_part)
    return engine


def see_what_is_committed(connection: DBAPIConnection, record: Any) -> None:
    """Each statement of a transaction sees what is committed when it begins, whatever the server, the database or the
    role make the rule: who waited for another's lock goes on from what that one has written."""
    connection.cursor().execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED")
    connection.commit()


def give_up_soon(engine: Engine) -> None:
    """Sessions of this engine end when they are idle in a transaction for `IDLE_SECONDS`: who is stopped or cut off
    there lets go of what it holds. So does, over TCP, who takes no more of an answer: the server would wait for that a
    quarter of an hour (for who is cut off), or for ever (for who is stopped)."""
    event.listen(engine, "connect", end_when_idle)


def end_when_idle(connection: DBAPIConnection, record: Any) -> None:
    for limit in ("idle_in_transaction_session_timeout", "tcp_user_timeout"):
        connection.cursor().execute("SELECT set_config(%s, %s, false)", (limit, f"{IDLE_SECONDS}s"))
    connection.commit()


def take_part(connection: Connection) -> None:
    """Write beside others, or alone; the end of the transaction ends it. (SQLite has one writer at a time.)

    Its commit is on disk, whatever the server, the database or the role are told to do without: see ``DURABLE``.
    """
    how = "" if connection.get_execution_options().get("alone") else "_shared"
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock{how}({LOCK}), {DURABLE}")


def reading_engine(url: URL) -> Engine:
    """Connections whose transactions see one snapshot and can't write."""
    if url.get_backend_name() == "sqlite":
        return sqlite_engine(url, ("PRAGMA query_only=ON",), "BEGIN", READERS)
    return reading_of(postgres_engine(url, READERS))


def reading_of(engine: Engine) -> Engine:
    """The same, reading. No plan is kept for other values: what leads to few rows for one leads to many for another."""
    event.listen(engine, "do_connect", plan_each_time)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def answering_engine(url: URL, reading: Engine) -> Engine:
    """As ``reading``; PostgreSQL gives up a statement after `ANSWER_SECONDS`, or sooner where it is told so."""
    if url.get_backend_name() == "sqlite":
        return reading
    engine = reading_of(postgres_engine(url, READERS))
    event.listen(engine, "connect", answer_soon)
    return engine


def plan_each_time(dialect: Any, record: Any, arguments: Sequence[str], options: dict[str, Any]) -> None:
    """Prepare no statement (psycopg would from the fifth time on)."""
    options["prepare_threshold"] = None


def answer_soon(connection: DBAPIConnection, record: Any) -> None:
    """Limit the time of each statement, unless an administrator has."""
    limit = "set_config('statement_timeout', %s, false)"
    unlimited = "current_setting('statement_timeout') = '0'"
    connection.cursor().execute(f"SELECT {limit} WHERE {unlimited}", (f"{ANSWER_SECONDS * 1000:.0f}ms",))
    connection.commit()


def lock_engine(url: URL) -> Engine:
    """Sessions of PostgreSQL that are kept open for what they hold: nothing is pooled, each statement commits."""
    return create_engine(
        url, hide_parameters=True, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=dict(POSTGRES)
    )


def postgres_engine(url: URL, pool_size: int) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, pool_size=pool_size, pool_pre_ping=True, connect_args=dict(POSTGRES)
    )
    event.listen(engine, "handle_error", leave_standby)
    return engine


def leave_standby(error: ExceptionContext) -> None:
    """A server that takes no writes is not the one any more, though it answers: look for the one anew."""
    if getattr(error.original_exception, "sqlstate", "") == READ_ONLY and not reads_only(error.connection):
        error.is_disconnect = True


def reads_only(connection: Connection | None) -> bool:
    """Whether we ourselves asked for a transaction that can't write."""
    return connection is not None and bool(connection.get_execution_options().get("postgresql_readonly"))


def aside_engine(url: URL) -> Engine:
    """One session whose statements commit by themselves and wait for nobody's long: a server that is silent is given
    up after `SILENT_SECONDS`."""
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="AUTOCOMMIT",
        connect_args=POSTGRES | {"connect_timeout": SILENT_SECONDS, "tcp_user_timeout": SILENT_SECONDS * 1000},
    )
    event.listen(engine, "connect", answer_at_once)
    return engine


def answer_at_once(connection: DBAPIConnection, record: Any) -> None:
    """No statement takes longer than a lease can be renewed late."""
    connection.cursor().execute("SELECT set_config('statement_timeout', %s, false)", (f"{SILENT_SECONDS}s",))


def sqlite_engine(url: URL, pragmas: Sequence[str], begin: str, pool_size: int, busy: float = BUSY_SECONDS) -> Engine:
    """Connections to a SQLite file; ``busy`` seconds they wait for another process's write."""
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=pool_size,
        connect_args={"timeout": busy, "check_same_thread": False, "isolation_level": None},
    )

    def prepare(connection: DBAPIConnection, record: Any) -> None:
        for pragma in pragmas:
            connection.cursor().execute(pragma)

    def start(connection: Connection) -> None:
        rows_of_driver(connection, begin)

    event.listen(engine, "do_connect", make_private)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine


def make_private(dialect: Any, record: Any, arguments: Sequence[str], options: Any) -> None:
    """Create the file so that only its owner may read it; SQLite gives its side files the same permissions.

    A file that exists is not opened: closing any descriptor of it would drop the locks that SQLite holds on it in this
    process, and another process could then remove the log of what is committed.
    """
    try:
        os.close(os.open(arguments[0], os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except (FileExistsError, PermissionError):  # where it may not be written, SQLite says so on the first write
        return
    except OSError as error:
        raise sqlite3.OperationalError(f"unable to open database file: {error.strerror}") from error
