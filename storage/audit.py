"""The trail of what was changed from outside: by whom, and how it was before and after."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from storage.bulk import insert_many
from storage.models import Audit
from storage.statements import rows_of, table_of
from storage.values import Row

AUDIT = table_of(Audit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change (see `storage.models.Audit`); ``at`` is UTC."""

    at: datetime
    who: str
    what: str
    subject: str
    request: str = ""
    customer: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


class AuditTrail:
    """Written in the transaction of the change itself, and never changed; after years it is forgotten."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, entries: Sequence[Entry]) -> None:
        """These changes are made."""
        insert_many(self._connection, AUDIT, [asdict(entry) for entry in entries])

    def forget(self, before: datetime, limit: int) -> int:
        """Forget at most so many changes of before that moment (UTC), the oldest first; how many were."""
        oldest = select(AUDIT.c.id, AUDIT.c.at).order_by(AUDIT.c.id).limit(limit).subquery()
        old = select(oldest.c.id).where(oldest.c.at < before)
        return self._connection.execute(delete(AUDIT).where(AUDIT.c.id.in_(old))).rowcount

    def page(self, before: int | None, limit: int, subject: str = "") -> list[Row]:
        """The latest changes first, those before the entry ``before``; of one subject where it is named."""
        query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AUDIT.c.id < before)
        if subject:
            query = query.where(AUDIT.c.subject == subject)
        return rows_of(self._connection.execute(query))
