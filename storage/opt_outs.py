"""Addresses that must not be written to."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select

from storage.bulk import read_many
from storage.models import OptOut
from storage.statements import grouped, insert_into, one_row, table_of
from storage.values import Row

OPT_OUTS = table_of(OptOut)


class OptOuts:
    """Who has said stop, by channel and address."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, channel: str, address: str, word: str, at: datetime) -> None:
        """Nobody writes to this address any more; ``word`` is what the person wrote, ``at`` (UTC). A later word
        replaces it."""
        insert = insert_into(self._connection, OPT_OUTS)
        latest = {"word": insert.excluded.word, "at": insert.excluded.at}
        put = insert.on_conflict_do_update(index_elements=[OPT_OUTS.c.channel, OPT_OUTS.c.address], set_=latest)
        self._connection.execute(put, {"channel": channel, "address": address, "word": word, "at": at})

    def remove(self, channel: str, address: str, at: datetime) -> None:
        """The address may be written to again, as was said ``at`` (UTC), unless it was opted out after that."""
        named = (OPT_OUTS.c.channel == channel, OPT_OUTS.c.address == address, OPT_OUTS.c.at <= at)
        self._connection.execute(delete(OPT_OUTS).where(*named))

    def get(self, channel: str, address: str) -> Row | None:
        """What keeps this address from being written to on this channel; None where nothing does."""
        named = (OPT_OUTS.c.channel == channel, OPT_OUTS.c.address == address)
        return one_row(self._connection.execute(select(OPT_OUTS).where(*named)))

    def among(self, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of these (channel, address) that are opted out; one query per channel."""
        out: set[tuple[str, str]] = set()
        for channel, addresses in grouped(pairs).items():
            rows = read_many(self._connection, OPT_OUTS, "address", addresses, names=("address",), channel=channel)
            out.update((channel, row["address"]) for row in rows)
        return out
