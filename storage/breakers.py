"""How services and hooks do, as whoever asked or told them last left it."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, select

from storage.models import Breaker
from storage.statements import by, insert_into, rows_of, table_of
from storage.values import Row

BREAKERS = table_of(Breaker)
SERVICE, HOOK = "service", "hook"
KEY = (BREAKERS.c.kind, BREAKERS.c.name)
LATEST = ("failures", "until", "next_at")


class Breakers:
    """One row for each service and each hook of which there was ever anything to say."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, kind: str) -> dict[str, Row]:
        """How those of this kind do, by name: failures, until and next_at (UTC)."""
        query = select(BREAKERS.c.name, *(BREAKERS.c[column] for column in LATEST)).where(BREAKERS.c.kind == kind)
        rows = by("name", rows_of(self._connection.execute(query)))
        return {name: {column: row[column] for column in LATEST} for name, row in rows.items()}

    def put(self, rows: Sequence[Row]) -> None:
        """They do so now: all columns, times in UTC."""
        insert = insert_into(self._connection, BREAKERS)
        put = insert.on_conflict_do_update(
            index_elements=list(KEY), set_={column: insert.excluded[column] for column in LATEST}
        )
        self._connection.execute(put, list(rows))

    def forget(self, kind: str, names: Collection[str]) -> None:
        """Nobody wants to know of these any more."""
        gone = (BREAKERS.c.kind == kind, BREAKERS.c.name.in_(list(names)))
        self._connection.execute(delete(BREAKERS).where(*gone))


def forget_breakers(connection: Connection) -> None:
    """Nothing is known of any service or hook: whoever asks or tells it finds out anew."""
    connection.execute(delete(BREAKERS))
