"""Hooks that are told things in vain, since when, and which of them are disabled for it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, literal, select, update

from storage.models import HookTrouble
from storage.statements import by, insert_into, rows_of, table_of
from storage.values import Row

TROUBLES = table_of(HookTrouble)


class HookTroubles:
    """A hook is in trouble from its first failure until it takes something, or an operator enables it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> dict[str, Row]:
        """Those in trouble, by the hook's name."""
        return by("hook", rows_of(self._connection.execute(select(TROUBLES))))

    def failed(self, hook: str, error: str, now: datetime, gap: timedelta) -> datetime:
        """It was told something in vain ``now`` (UTC); since when that is so. Failures with more than a ``gap``
        between them do not follow one another."""
        insert = insert_into(self._connection, TROUBLES)
        follows = TROUBLES.c.failed_at >= literal(now - gap, TROUBLES.c.failed_at.type)
        since = case((follows, TROUBLES.c.failing_since), else_=insert.excluded.failing_since)
        latest = {"failing_since": since, "failed_at": insert.excluded.failed_at, "error": insert.excluded.error}
        put = insert.on_conflict_do_update(index_elements=[TROUBLES.c.hook], set_=latest)
        self._connection.execute(put, {"hook": hook, "failing_since": now, "failed_at": now, "error": error})
        query = select(TROUBLES.c.failing_since).where(TROUBLES.c.hook == hook)
        found: datetime = self._connection.execute(query).scalar_one()
        return found

    def disable(self, hook: str, now: datetime) -> bool:
        """Nothing is sent to this hook any more, which is in trouble; whether that was so before is told by False."""
        enabled = (TROUBLES.c.hook == hook, TROUBLES.c.disabled_at.is_(None))
        return self._connection.execute(update(TROUBLES).where(*enabled).values(disabled_at=now)).rowcount > 0

    def is_well(self, hook: str) -> None:
        """It took something, or an operator says that it will: it is enabled, and nothing of its trouble is left."""
        self._connection.execute(delete(TROUBLES).where(TROUBLES.c.hook == hook))

    def disabled_count(self, hooks: Collection[str]) -> int:
        """How many of these are disabled."""
        disabled = (TROUBLES.c.hook.in_(list(hooks)), TROUBLES.c.disabled_at.is_not(None))
        return self._connection.execute(select(func.count()).select_from(TROUBLES).where(*disabled)).scalar_one()
