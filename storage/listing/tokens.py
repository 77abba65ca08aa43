"""Tokens of the API."""

from sqlalchemy import Connection

from storage.listing.pages import Key, Page, Walk
from storage.models import Token
from storage.statements import table_of

TOKENS = table_of(Token)
BY_NAME = Walk(columns=[column for column in TOKENS.c if column.name != "hash"], order=[TOKENS.c.name, TOKENS.c.id])


class TokenList:
    """Reads them for others, without what could be held against a guess."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, after: Key | None, limit: int) -> Page:
        """One page of them by name, revoked ones too; a key is (name, id)."""
        return BY_NAME.page(self._connection, after, limit)
