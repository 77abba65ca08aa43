"""Addresses that must not be written to."""

from sqlalchemy import Connection

from storage.listing.pages import Key, Page, Walk
from storage.models import OptOut
from storage.statements import table_of

OPT_OUTS = table_of(OptOut)


class OptOutList:
    """Reads them for others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, channel: str, after: Key | None, limit: int) -> Page:
        """One page of them, those of one channel where it is named; a key is (channel, address)."""
        if not channel:
            return walk().page(self._connection, after, limit)
        page = walk(channel).page(self._connection, after and after[1:], limit)
        return Page(page.rows, page.next and (channel, *page.next))


def walk(channel: str = "") -> Walk:
    """By channel and address; those of one channel by address."""
    if not channel:
        return Walk(columns=list(OPT_OUTS.c), order=[OPT_OUTS.c.channel, OPT_OUTS.c.address])
    return Walk(columns=list(OPT_OUTS.c), order=[OPT_OUTS.c.address], within=[OPT_OUTS.c.channel == channel])
