"""Answers to requests that bring an Idempotency-Key, for when they are sent again."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, delete, select, update

from storage.models import Repeat
from storage.statements import insert_into, one_row, table_of
from storage.values import Row

REPEATS = table_of(Repeat)


class Repeats:
    """One row for each key, from when its first request came."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, key: str, print: str, at: datetime, again: datetime) -> Row | None:
        """Take the key for a request that begins ``at`` (UTC). None where it is taken; else the row that has it.

        Whoever began before ``again`` and has no answer was cut off: the same request takes it over.
        """
        insert = insert_into(self._connection, REPEATS).on_conflict_do_nothing(index_elements=[REPEATS.c.key])
        taken = insert.returning(REPEATS.c.key)  # of an insert, PostgreSQL's driver does not always tell how many
        row = {"key": key, "print": print, "status": 0, "headers": {}, "body": "", "untold": False, "at": at}
        if self._connection.execute(taken, row).first() is not None:
            return None
        cut_off = (REPEATS.c.key == key, REPEATS.c.print == print, REPEATS.c.status == 0, REPEATS.c.at < again)
        if self._connection.execute(update(REPEATS).where(*cut_off).values(at=at)).rowcount > 0:
            return None
        return one_row(self._connection.execute(select(REPEATS).where(REPEATS.c.key == key)))

    def answered(self, key: str, begun: datetime, status: int, headers: Mapping[str, str], body: str) -> None:
        """What the request that took the key as it ``begun`` (UTC) was answered; without the body where it may tell of
        somebody who was erased meanwhile. Nothing where another one has taken the key over."""
        kept = case((REPEATS.c.untold, ""), else_=body)
        values = {"status": status, "headers": dict(headers), "body": kept}
        self._connection.execute(update(REPEATS).where(*_held(key, begun)).values(values))

    def leave_untold(self, since: datetime, key: str = "") -> None:
        """Somebody is erased: of requests that came ``since`` (UTC) and are still being worked on, no body is kept but
        that of the request of this ``key``."""
        under_way = (REPEATS.c.at >= since, REPEATS.c.status == 0, REPEATS.c.key != key)
        self._connection.execute(update(REPEATS).where(*under_way).values(untold=True))

    def release(self, key: str, begun: datetime) -> None:
        """The request that took the key as it ``begun`` (UTC) has no answer that is to be kept: it may be sent again
        under the same key. Nothing where another one has taken the key over."""
        self._connection.execute(delete(REPEATS).where(*_held(key, begun)))

    def forget(self, before: datetime, limit: int) -> int:
        """Forget at most so many answers older than that; how many were."""
        old = select(REPEATS.c.key).where(REPEATS.c.at < before).limit(limit)
        return self._connection.execute(delete(REPEATS).where(REPEATS.c.key.in_(old))).rowcount


def _held(key: str, begun: datetime) -> tuple[ColumnElement[bool], ...]:
    """That the key is still that of the request that took it then, and has no answer."""
    return REPEATS.c.key == key, REPEATS.c.at == begun, REPEATS.c.status == 0
