"""`python program.py TROUBLE POINT NUMBER ARGUMENTS...`: run `pointsman ARGUMENTS`, killed at a point and troubled.

POINT is one of `tests.crash.kill_at`, or "-" for none. While the file TROUBLE exists its text is what ails the
database: "read-only" makes SQLite refuse to write all but the spool, with the words it has for that, "slow" delays
every statement. The program itself knows nothing of this.
"""

import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from tests.crash.kill_at import arm

SLOW_SECONDS = 0.15  # each statement
NOWHERE = "-"
WRITES = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE")  # which SQLite refuses of a file that it may only read
READ_ONLY = "chaos_read_only"
SPOOL = "spool.db"  # which has a disk of its own


def trouble_by(file: Path) -> None:
    """From now on every connection of this process suffers what the file says."""

    def execute(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        trouble = told(file)
        if trouble == "slow":
            time.sleep(SLOW_SECONDS)
        if connection.dialect.name == "sqlite" and statement.startswith(WRITES):
            forbid_writing(connection, cursor, trouble == "read-only" and not is_spool(connection))

    event.listen(Engine, "before_cursor_execute", execute)


def forbid_writing(connection: Connection, cursor: Any, wanted: bool) -> None:
    """Let SQLite itself refuse what is about to be written, or take it again."""
    if wanted != connection.info.get(READ_ONLY, False):
        cursor.connection.execute(f"PRAGMA query_only={'ON' if wanted else 'OFF'}")
        connection.info[READ_ONLY] = wanted


def is_spool(connection: Connection) -> bool:
    return str(connection.engine.url.database).endswith(SPOOL)


def told(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


def main() -> None:
    _, trouble, point, number, *arguments = sys.argv
    trouble_by(Path(trouble))
    if point != NOWHERE:
        arm(point, int(number))
    from gateway.cli import main as pointsman

    pointsman(arguments)


if __name__ == "__main__":
    main()
