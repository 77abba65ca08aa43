"""The files of uploads, in a folder that only its owner can read: each is named by its upload."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import time

from storage.process_lock import KNOWS_NO_LOCKS
from storage.values import Row

KEPT_FOR = timedelta(days=7)  # how long the file of an upload that is over stays, where rows failed
STRAY_SECONDS = 3_600  # how long a file that no upload has may be untouched: it may be about to get one
ENDING = ".csv"  # of whatever is in it: what earlier versions left is found


def path_of(folder: Path, upload: str) -> Path:
    """Where the file of an upload lies in the uploads folder."""
    return folder / f"{upload}{ENDING}"


def upload_of(path: Path) -> str:
    """Whose file this is."""
    return path.name.removesuffix(ENDING)


def files_in(folder: Path) -> list[Path]:
    """All there are."""
    return sorted(folder.glob(f"*{ENDING}"))


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether we are the only ones, of all processes, who hold this file, for as long as the block runs.

    Nothing depends on it but that nobody reads a file that another is reading. Raises FileNotFoundError.
    """
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError as error:
            if error.errno not in KNOWS_NO_LOCKS:
                raise
        yield True


def is_needed(path: Path, row: Row | None, now: datetime) -> bool:
    """Whether the file is still of use: its upload is not over, or rows failed that may be mended. ``now`` is UTC."""
    if row is None:
        return path.stat().st_mtime > time() - STRAY_SECONDS
    if row["finished_at"] is None:
        return True
    return bool(row["failed"]) and now < row["finished_at"] + KEPT_FOR


def is_whole(path: Path, row: Row) -> bool:
    """Whether the file is there, as large as it was when its upload came."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return False
    return row["size"] in (None, size)


def is_being_read(row: Row) -> bool:
    """Whether rows of this upload's file are still to be read."""
    return row["finished_at"] is None and (row["total"] is None or row["read"] < row["total"])
