"""How far recurring work has come, so that a restart goes on where it stopped."""

from datetime import datetime

from sqlalchemy import Connection, select

from storage.models import Progress as ProgressRow
from storage.statements import insert_into, one_row, table_of
from storage.values import Row

PROGRESS = table_of(ProgressRow)


class Progress:
    """A row for each piece of recurring work, by its name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> Row | None:
        """name, position and at (UTC) of this work; None where it was never put."""
        return one_row(self._connection.execute(select(PROGRESS).where(PROGRESS.c.name == name)))

    def moment(self, name: str) -> datetime | None:
        """The moment (UTC) that this work has come to; None where it was never put."""
        row = self.get(name)
        return row["at"] if row else None

    def put(self, name: str, *, position: int = 0, at: datetime | None = None) -> None:
        """The work has come to this position, or to this moment (UTC); what was put before is forgotten."""
        insert = insert_into(self._connection, PROGRESS)
        latest = {"position": insert.excluded.position, "at": insert.excluded.at}
        put = insert.on_conflict_do_update(index_elements=[PROGRESS.c.name], set_=latest)
        self._connection.execute(put, {"name": name, "position": position, "at": at})
