"""How far an upload is, in words and numbers, for whoever asks."""

from gateway.imports.files import is_being_read
from gateway.imports.statuses import COUNTS
from storage.values import Row

WAITING, COUNTING, READING, DECIDING, OVER = "waiting", "counting", "reading", "deciding", "over"


def phase_of(row: Row) -> str:
    """What is done with it, or would be if it were not paused: it waits for its turn, its rows are counted, read, or
    all read and decided; or it is over."""
    if row["finished_at"] is not None:
        return OVER
    if row["begun_at"] is None:
        return WAITING
    if row["total"] is None:
        return COUNTING
    return READING if is_being_read(row) else DECIDING


def undecided(row: Row) -> int:
    """How many rows were read and wait to be decided."""
    return int(row["read"] - sum(row[name] for name in COUNTS))
