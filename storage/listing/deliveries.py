"""What hooks were told, the latest first."""

from sqlalchemy import Connection

from storage.listing.pages import Key, Page, Walk, named
from storage.models import Delivery
from storage.statements import table_of

DELIVERIES = table_of(Delivery)


class DeliveryList:
    """Reads them for others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, hook: str, after: Key | None, limit: int, *, state: str = "", kind: str = "") -> Page:
        """One page of those of one hook, in this state and of this type where they are named; a key is (created_at,
        seq)."""
        return walk(hook, state=state, kind=kind).page(self._connection, after, limit)


def walk(hook: str, *, state: str = "", kind: str = "") -> Walk:
    """The latest first."""
    return Walk(
        columns=list(DELIVERIES.c),
        order=[DELIVERIES.c.created_at, DELIVERIES.c.seq],
        within=[DELIVERIES.c.hook == hook],
        only=named(state=state, kind=kind),
        backwards=True,
    )
