"""Keep the rows of a contact list: chunk by chunk, each in one transaction, good rows kept and bad ones reported."""

from dataclasses import asdict
from datetime import datetime

from gateway.imports.chunks import Chunk, Counted
from gateway.keeping import keep_upload
from storage.transaction import Transaction
from storage.uploads import FAILED, PAUSED, PROCESSING
from storage.values import Row

OTHER_ROWS = "its file has more or fewer rows than it had: put it back as it was and resume the upload, or cancel it"


def keep(t: Transaction, upload: str, chunk: Chunk, now: datetime) -> bool:
    """Keep the good rows of an upload that is counted, and report the bad ones; whether it goes on. ``now`` is UTC.

    Rows that were kept are left alone: whoever is cut off, or comes second, may keep all of them again.
    """
    row = t.uploads.take(upload)
    if row["status"] != PROCESSING:
        return False
    new = chunk.after(row["last_row"])
    if not new.rows:
        return True
    if new.is_last != (row["read"] + new.rows == row["total"]):
        t.uploads.change(upload, status=PAUSED, reason=OTHER_ROWS)
        return False
    _keep(t, row, new, now)
    return True


def _keep(t: Transaction, row: Row, new: Chunk, now: datetime) -> None:
    upload = row["id"]
    not_kept = keep_upload(t, row["campaign"], upload, new.good, now)
    problems = sorted((*new.problems, *not_kept), key=lambda problem: problem.row)
    t.uploads.report_failures(upload, [asdict(problem) for problem in problems])
    t.uploads.read_to(upload, new.last_row, new.rows, len(new.duplicates))
    t.uploads.finish_when_counted(upload, now)


def count(t: Transaction, upload: str, counted: Counted) -> bool:
    """The file has so many rows, as far as it was read; whether the upload goes on. What was counted to the end is kept
    though somebody has paused it meanwhile."""
    row = t.uploads.take(upload)
    if row["finished_at"] is None and row["total"] is None:
        t.uploads.change(upload, counted=counted.rows, total=counted.rows if counted.whole else None)
    return bool(row["status"] == PROCESSING)


def end(t: Transaction, upload: str) -> None:
    """The file has no more rows. All that were counted are kept or reported, unless it is another file by now."""
    row = t.uploads.take(upload)
    if row["status"] == PROCESSING and row["read"] != row["total"]:
        t.uploads.change(upload, status=PAUSED, reason=OTHER_ROWS)


def refuse(t: Transaction, upload: str, reason: str, now: datetime) -> None:
    """The file can't be read (on). If rows of it are kept, that may be for rules that have changed since: then it waits
    for somebody to mend that, or to cancel it."""
    row = t.uploads.take(upload)
    if row["status"] != PROCESSING:
        return
    if row["last_row"]:
        t.uploads.change(upload, status=PAUSED, reason=reason)
    else:
        t.uploads.change(upload, status=FAILED, reason=reason, finished_at=now)
