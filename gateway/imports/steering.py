"""Pause, resume and cancel: what people may ask of an upload. Each holds across restarts, for the database knows it."""

from dataclasses import dataclass
from datetime import datetime

from gateway.imports.files import is_being_read
from storage.transaction import Transaction
from storage.uploads import CANCELLED, PAUSED, PROCESSING, QUEUED
from storage.values import Row

BY_HAND = ""  # why somebody's pause is: they know


class NotNow(Exception):
    """It can't be done to an upload that is as far as this one; the message says how far."""


@dataclass(frozen=True, slots=True)
class Steered:
    """What an upload was ``before``, and what it is ``after``."""

    before: Row
    after: Row


def pause(t: Transaction, upload: str, reason: str = BY_HAND) -> Steered:
    """Read no further until somebody says so; what was read is decided nevertheless. It keeps its turn: lists behind it
    wait. Raises `NotNow`, and LookupError where there is no such upload."""
    row = _open(t, upload)
    if not is_being_read(row):
        raise NotNow("all its rows are read, and only wait to be decided")
    if row["status"] == PAUSED:
        raise NotNow("it is paused already")
    return _change(t, row, status=PAUSED, reason=reason)


def resume(t: Transaction, upload: str) -> Steered:
    """Go on after the last row that was read, as soon as it is its turn. Raises `NotNow` and LookupError."""
    row = t.uploads.take(upload)
    if row["status"] != PAUSED:
        raise NotNow(f"it is {row['status']}, not paused")
    return _change(t, row, status=PROCESSING if row["begun_at"] else QUEUED, reason="")


def cancel(t: Transaction, upload: str, now: datetime) -> Steered:
    """Read no further, for good. Rows that were read stay and are decided. Raises `NotNow` and LookupError."""
    return _change(t, _open(t, upload), status=CANCELLED, reason="", finished_at=now)


def _open(t: Transaction, upload: str) -> Row:
    row = t.uploads.take(upload)
    if row["finished_at"] is not None:
        raise NotNow(f"it is {row['status']}")
    return row


def _change(t: Transaction, row: Row, **changes: object) -> Steered:
    t.uploads.change(row["id"], **changes)
    return Steered(row, row | changes)
