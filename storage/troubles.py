"""What goes wrong in a database, told in our own words."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoConnection

from storage.errors import Conflict, Deadlocked, StorageUnavailable, TookTooLong

UNIQUE_VIOLATION = "23505"  # PostgreSQL's SQLSTATE
NOT_READY = ("42501", "42P01", "42703")  # SQLSTATE: rights, a table or a column are missing; SQLite calls that trouble
CANCELED = "57014"  # SQLSTATE of a statement whose time was up
DEADLOCKS = ("40P01", "40001")  # SQLSTATE: a circle of transactions that wait; one that can't go on beside another
UNIQUE_FAILED = "UNIQUE constraint failed: "  # SQLite's words, followed by the columns


@contextmanager
def unavailable_told() -> Iterator[None]:
    """Raise `StorageUnavailable` for trouble with the database itself; mistakes in statements or values pass."""
    try:
        yield
    except (DBAPIError, NoConnection) as error:
        if not is_trouble(error):
            raise
        if state_of(error) == CANCELED:
            raise TookTooLong("the database took too long to find what was asked for") from error
        kind = Deadlocked if state_of(error) in DEADLOCKS else StorageUnavailable
        raise kind(str(getattr(error, "orig", error)).strip()) from error


@contextmanager
def conflicts_told() -> Iterator[None]:
    """Raise `Conflict` for a row that exists. Of the database's own words, which quote the row, only names remain."""
    try:
        yield
    except IntegrityError as error:
        if not (constraint := broken_uniqueness(error)):
            raise
        raise Conflict(f"already there: {constraint}") from None


def broken_uniqueness(error: IntegrityError) -> str:
    """The name of the constraint (or its columns) that forbids two such rows; "" for any other mistake."""
    if state_of(error) == UNIQUE_VIOLATION:
        return str(getattr(getattr(error.orig, "diag", None), "constraint_name", None) or "a unique constraint")
    _, failed, columns = str(error.orig).partition(UNIQUE_FAILED)
    return columns if failed else ""


def is_trouble(error: DBAPIError | NoConnection) -> bool:
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    # A bare DatabaseError is SQLite's word for a file that is damaged or no database.
    return (
        lost
        or isinstance(error, (OperationalError, InterfaceError, InternalError, NoConnection))
        or type(error) is DatabaseError
        or state_of(error) in NOT_READY
    )


def state_of(error: DBAPIError | NoConnection) -> str:
    """PostgreSQL's SQLSTATE; "" where there is none."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""
