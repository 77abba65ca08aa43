"""Sessions with PostgreSQL in a loop, beside those of SQLAlchemy: to hear what is told there, and for PGQueuer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import URL

from storage.engines import POSTGRES

if TYPE_CHECKING:
    from psycopg import AsyncConnection


@asynccontextmanager
async def session(url: URL, **options: int) -> AsyncIterator["AsyncConnection"]:
    """A session in which each statement commits, with these ``options`` of libpq, where the URL does not say otherwise.
    Raises psycopg's errors."""
    from psycopg import AsyncConnection  # a process that is alone on a SQLite file starts without

    _, told = url.get_dialect()().create_connect_args(url)
    async with await AsyncConnection.connect(autocommit=True, **{**POSTGRES, **options, **told}) as connection:
        yield connection
