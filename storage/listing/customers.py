"""Customers."""

from sqlalchemy import Connection

from storage.listing.pages import Key, Page, Walk
from storage.models import Customer
from storage.statements import table_of

CUSTOMERS = table_of(Customer)


class CustomerList:
    """Reads them for others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, after: Key | None, limit: int) -> Page:
        """One page of all of them; a key is (id)."""
        return walk().page(self._connection, after, limit)


def walk() -> Walk:
    """By id."""
    return Walk(columns=list(CUSTOMERS.c), order=[CUSTOMERS.c.id])
