"""Rule file versions that some process cannot load: whether another one can, and which were given up as lost."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from storage.models import Progress
from storage.statements import insert_into, rows_in, table_of

PROGRESS = table_of(Progress)
BEGINNING = "rules/"  # of the names of these rows, before a content hash
OPEN, GIVEN_UP = 0, 1  # their positions


class Doubt(NamedTuple):
    """A version that somebody cannot load: asked for ``since`` (UTC, by the asker's clock, and its only name), and
    ``given_up`` once nobody could."""

    since: datetime
    given_up: bool


class VersionDoubts:
    """One row for each version in doubt, which whoever can load it removes. Where one stays, nobody can."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> dict[str, Doubt]:
        """Every version in doubt, by its content hash."""
        named = PROGRESS.c.name.startswith(BEGINNING, autoescape=True)
        found = self._connection.execute(select(PROGRESS).where(named)).mappings()
        return {
            row["name"].removeprefix(BEGINNING): Doubt(row["at"], row["position"] == GIVEN_UP)
            for row in found
            if row["at"] is not None
        }

    def given_up(self, hashes: Collection[str]) -> frozenset[str]:
        """Those of these versions that nobody can load."""
        lost = select(PROGRESS.c.name).where(PROGRESS.c.position == GIVEN_UP)
        rows = rows_in(self._connection, lost, PROGRESS.c.name, [BEGINNING + hash for hash in hashes])
        return frozenset(row["name"].removeprefix(BEGINNING) for row in rows)

    def ask(self, hash: str, at: datetime) -> None:
        """Who can load this version? Where that is asked already, nothing changes."""
        insert = insert_into(self._connection, PROGRESS).on_conflict_do_nothing(index_elements=[PROGRESS.c.name])
        self._connection.execute(insert, {"name": BEGINNING + hash, "position": OPEN, "at": at})

    def give_up(self, hash: str, since: datetime) -> bool:
        """Nobody can; False where the question asked ``since`` was answered meanwhile."""
        unanswered = (PROGRESS.c.name == BEGINNING + hash, PROGRESS.c.at == since)
        return self._connection.execute(update(PROGRESS).where(*unanswered).values(position=GIVEN_UP)).rowcount > 0

    def answer(self, hashes: Collection[str]) -> None:
        """Whoever calls this can load these versions."""
        if hashes:
            names = [BEGINNING + hash for hash in hashes]
            self._connection.execute(delete(PROGRESS).where(PROGRESS.c.name.in_(names)))
