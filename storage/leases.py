"""Leases: work that one process at a time does, by the database's clock."""

from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, or_, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from storage.errors import LeaseLost
from storage.models import Lease
from storage.statements import insert_into, table_of
from storage.types import EPOCH

LEASES = table_of(Lease)
SECOND = 1_000_000  # microseconds


class now_of_the_database(GenericFunction[int]):
    """The database's clock as it runs, in microseconds since 1970: in a transaction, too, it does not stand still."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_of_the_database, "postgresql")
def in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"


@compiles(now_of_the_database, "sqlite")
def in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


FREE = {"holder": "", "until": EPOCH}
IS_HELD = LEASES.c.until > now_of_the_database()


class Leases:
    """Each lease has one holder (an id of a process) at a time, until a moment that the holder puts off in time, or
    gives up. What each of these changes it changes by one statement: outside a transaction that commits by itself."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, name: str, holder: str, seconds: float) -> bool:
        """Whether the holder has this lease from now on, for so many seconds: it was free, had run out, or was theirs.

        Nothing that the last holder has begun to write goes on then: a transaction that `confirm` found in order keeps
        the lease from being taken, and while one is under way the answer is no.
        """
        may_be_taken = or_(~IS_HELD, LEASES.c.holder == holder)
        its_name = LEASES.c.name == name
        free = self._connection.execute(select(may_be_taken).where(its_name)).scalar_one_or_none()
        if free is None:
            self._make(name)
        elif not free:  # asked every second by each process that waits for it
            return False
        ours = select(LEASES.c.name).where(its_name, may_be_taken).with_for_update(skip_locked=True)
        return self._put_off(LEASES.c.name.in_(ours), holder, seconds)

    def renew(self, name: str, holder: str, seconds: float) -> bool:
        """Whether the holder has this lease still, from now on for so many seconds. Waits for no transaction."""
        still = and_(LEASES.c.name == name, LEASES.c.holder == holder, IS_HELD)
        return self._put_off(still, holder, seconds)

    def release(self, name: str, holder: str) -> None:
        """The lease is free at once, if it was this holder's."""
        theirs = (LEASES.c.name == name, LEASES.c.holder == holder)
        self._connection.execute(update(LEASES).where(*theirs).values(FREE))

    def confirm(self, name: str, holder: str) -> None:
        """The holder has this lease, and nobody takes it before this transaction ends. Raises `LeaseLost`."""
        still = (LEASES.c.name == name, LEASES.c.holder == holder, IS_HELD)
        query = select(LEASES.c.name).where(*still).with_for_update(read=True, key_share=True)
        if self._connection.execute(query).first() is None:
            raise LeaseLost(f"the lease {name} is not ours any more")

    def holders(self) -> dict[str, str]:
        """Who has which lease now."""
        query: Select[Any] = select(LEASES.c.name, LEASES.c.holder).where(IS_HELD)
        return {row.name: row.holder for row in self._connection.execute(query)}

    def _make(self, name: str) -> None:
        insert = insert_into(self._connection, LEASES).on_conflict_do_nothing()
        self._connection.execute(insert, {"name": name, **FREE})

    def _put_off(self, which: Any, holder: str, seconds: float) -> bool:
        until = now_of_the_database() + int(seconds * SECOND)
        put_off = update(LEASES).where(which).values({"holder": holder, "until": until})
        return self._connection.execute(put_off).rowcount > 0
