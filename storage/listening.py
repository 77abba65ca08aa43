"""Hear what other processes ring: PostgreSQL's notifications, in a session of their own."""

from collections.abc import AsyncIterator
from typing import Any

from storage.aside import BELLS
from storage.engines import POSTGRES, database_url
from storage.errors import StorageUnavailable

# Nothing is ever said in this session: only keepalives tell that the server is gone.
KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2}
LISTEN = f"LISTEN {BELLS}".encode()
CONNECTED = ""  # what is heard first: whatever was rung before that was missed


async def heard(url: str) -> AsyncIterator[str]:
    """What is rung from now on, in the order in which it is: first `CONNECTED`. Raises `StorageUnavailable` when the
    server can't be reached, or the session ends."""
    import psycopg  # a process that is alone on a SQLite file starts without

    try:
        async with await psycopg.AsyncConnection.connect(autocommit=True, **address(url)) as session:
            await session.execute(LISTEN)
            yield CONNECTED
            async for one in session.notifies():
                yield one.payload
    except psycopg.Error as error:
        raise StorageUnavailable(str(error).strip()) from error
    raise StorageUnavailable("the session in which bells are heard has ended")


def address(url: str) -> dict[str, Any]:
    """Where psycopg finds the database of this URL."""
    read = database_url(url)
    _, options = read.get_dialect()().create_connect_args(read)
    return {**POSTGRES, **KEEPALIVES, **options}
