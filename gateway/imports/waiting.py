"""Which list a list waits for that is not read yet."""

from gateway.imports import turns
from storage.transaction import Transaction
from storage.uploads import PAUSED, PROCESSING, QUEUED
from storage.values import Row


def waits_for(t: Transaction, row: Row) -> str | None:
    """The upload that comes before this one: whose turn it is in its campaign; or, where it is its own, the one that
    was begun first of those of other campaigns, if as many of them are read as may be at once. None where it waits for
    no other."""
    if row["begun_at"] is not None or row["finished_at"] is not None:
        return None
    head = t.uploads.head(row["campaign"])
    if head is not None and head["id"] != row["id"]:
        return str(head["id"])
    if row["status"] != QUEUED or row["reason"]:
        return None
    read = sorted((one["begun_at"], one["id"]) for one in t.uploads.unread() if _is_read(one))
    return str(read[0][1]) if len(read) >= turns.READERS else None


def is_hindered(row: Row) -> bool:
    """Whether a list whose rows are not all read can't be read on, since something is amiss that ``reason`` tells."""
    return row["status"] != PAUSED and bool(row["reason"])


def stands(row: Row) -> bool:
    """Whether a list whose rows are not all read stays as it is until somebody does something."""
    return row["status"] == PAUSED or is_hindered(row)


def _is_read(row: Row) -> bool:
    """Whether nothing keeps it from being read on, but others that are read, too."""
    return row["begun_at"] is not None and row["status"] == PROCESSING and not row["reason"]
