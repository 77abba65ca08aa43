"""One gateway process per SQLite file."""

import fcntl
import os
from typing import TextIO

from storage.errors import AlreadyRunning, StorageUnavailable


def opened(path: str) -> TextIO:
    try:
        return open(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600), "r+", encoding="ascii")
    except OSError as error:
        raise StorageUnavailable(f"can't lock {path}: {error.strerror}") from error


def lock_process(path: str) -> TextIO:
    """Lock the file at ``path`` (created if need be) until the result is closed or the process ends, however it ends.

    Raises `AlreadyRunning` if another process has it, `StorageUnavailable` if the file can't be made.
    """
    file = opened(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = file.read().strip()
        file.close()
        raise AlreadyRunning(f"process {holder} already runs on it ({path} is locked)") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
