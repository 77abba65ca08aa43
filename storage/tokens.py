"""Tokens of the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from storage.bulk import insert_many
from storage.models import Token
from storage.statements import one_row, rows_of, table_of
from storage.values import Row

TOKENS = table_of(Token)


class Tokens:
    """Who may ask the API. A token stays as long as the trail of changes may name it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a token; a name that another one has is a `Conflict`."""
        empty = {"expires_at": None, "revoked_at": None, "last_used_at": None}
        insert_many(self._connection, TOKENS, [{**empty, **row}])

    def get(self, id: str) -> Row | None:
        """The token, or None."""
        return one_row(self._connection.execute(select(TOKENS).where(TOKENS.c.id == id)))

    def named(self, name: str) -> Row | None:
        """The token of that name, or None."""
        return one_row(self._connection.execute(select(TOKENS).where(TOKENS.c.name == name)))

    def all(self) -> list[Row]:
        """Every token, by name."""
        return rows_of(self._connection.execute(select(TOKENS).order_by(TOKENS.c.name)))

    def revoke(self, id: str, at: datetime) -> bool:
        """It works no more from ``at`` (UTC) on; False where it did not before."""
        working = (TOKENS.c.id == id, TOKENS.c.revoked_at.is_(None))
        return self._connection.execute(update(TOKENS).where(*working).values(revoked_at=at)).rowcount > 0

    def forget(self, before: datetime) -> int:
        """Forget those that were revoked or expired before that moment (UTC); how many were."""
        ended = or_(TOKENS.c.revoked_at < before, TOKENS.c.expires_at < before)
        return self._connection.execute(delete(TOKENS).where(ended)).rowcount

    def used(self, id: str, at: datetime) -> None:
        """It was used ``at`` (UTC)."""
        self._connection.execute(update(TOKENS).where(TOKENS.c.id == id).values(last_used_at=at))
