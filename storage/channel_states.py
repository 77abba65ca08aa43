"""How channels do, as their senders left it."""

from sqlalchemy import Connection, delete, select

from storage.models import ChannelState
from storage.statements import by, insert_into, one_row, rows_of, table_of
from storage.values import Row

CHANNELS = table_of(ChannelState)


class ChannelStates:
    """One row for each channel of which there is anything to say, written by whoever sends there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, channel: str) -> Row | None:
        """How this channel does; None where nobody has said so yet."""
        return one_row(self._connection.execute(select(CHANNELS).where(CHANNELS.c.channel == channel)))

    def all(self) -> dict[str, Row]:
        """How channels do, by name."""
        return by("channel", rows_of(self._connection.execute(select(CHANNELS))))

    def put(self, row: Row) -> None:
        """A channel does so now: all columns, times in UTC."""
        insert = insert_into(self._connection, CHANNELS)
        latest = {name: insert.excluded[name] for name in row}
        put = insert.on_conflict_do_update(index_elements=[CHANNELS.c.channel], set_=latest)
        self._connection.execute(put, row)


def forget_states(connection: Connection) -> None:
    """Nothing is known of any channel: its sender finds out anew."""
    connection.execute(delete(CHANNELS))
