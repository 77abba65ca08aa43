"""Which tables there are and which this program needs."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.errors import SchemaMismatch

MIGRATIONS = Path(__file__).with_name("migrations")
OLDEST_POSTGRES = (15,)
HEAD = "head"
MIGRATION_LOCK = 0x706F696E74736D61  # any number, the same in every process: "pointsma"


def upgrade(connection: Connection, to: str = HEAD) -> None:
    """Bring the tables to what this program needs (or to an earlier revision), inside the connection's transaction.

    Raises `SchemaMismatch` if they are newer than this program or the server is older than PostgreSQL 15.
    """
    lock(connection)
    if known_revision(connection) != needed() or to != HEAD:
        command.upgrade(configuration(connection), to)


def lock(connection: Connection) -> None:
    """Until the end of the transaction nobody else changes the tables. Raises as `upgrade` does for an old server."""
    require_server(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})


def known_revision(connection: Connection) -> str | None:
    """The revision the tables are at, None where there are none. Raises `SchemaMismatch` if it is newer than this
    program."""
    found = revision_of(connection)
    if found is not None and found not in known_revisions():
        raise SchemaMismatch(f"the database is at revision {found}, which is newer than this program ({needed()})")
    return found


def check(connection: Connection) -> None:
    """Raise `SchemaMismatch` unless the tables are exactly those this program needs."""
    require_server(connection)
    found = revision_of(connection)
    if found != needed():
        raise SchemaMismatch(f"the database is at revision {found or 'none'}, this program needs {needed()}")


def require_server(connection: Connection) -> None:
    version = connection.dialect.server_version_info or ()
    if connection.dialect.name == "postgresql" and version < OLDEST_POSTGRES:
        raise SchemaMismatch(f"PostgreSQL {OLDEST_POSTGRES[0]} or newer is needed, this server is {version[0]}")


def revision_of(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def needed() -> str:
    """The revision this program needs."""
    head = scripts().get_current_head()
    if head is None:
        raise SchemaMismatch("this program came without its migrations: install it again")
    return head


def known_revisions() -> set[str]:
    return {script.revision for script in scripts().walk_revisions()}


@cache
def scripts() -> ScriptDirectory:
    """What comes with this program: read once, it does not change while it runs."""
    return ScriptDirectory(str(MIGRATIONS))


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
