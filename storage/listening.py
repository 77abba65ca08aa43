"""Hear what other processes ring: PostgreSQL's notifications, in a session of their own."""

from collections.abc import AsyncIterator

from storage.aside import BELLS
from storage.engines import database_url
from storage.errors import StorageUnavailable
from storage.sessions import session

# Nothing is ever said in this session: only keepalives tell that the server is gone.
KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2}
LISTEN = f"LISTEN {BELLS}".encode()
CONNECTED = ""  # what is heard first: whatever was rung before that was missed


async def heard(url: str) -> AsyncIterator[str]:
    """What is rung from now on, in the order in which it is: first `CONNECTED`. Raises `StorageUnavailable` when the
    server can't be reached, or the session ends."""
    import psycopg  # a process that is alone on a SQLite file starts without

    try:
        async with session(database_url(url), **KEEPALIVES) as listening:
            await listening.execute(LISTEN)
            yield CONNECTED
            async for one in listening.notifies():
                yield one.payload
    except psycopg.Error as error:
        raise StorageUnavailable(str(error).strip()) from error
    raise StorageUnavailable("the session in which bells are heard has ended")
