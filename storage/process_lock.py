"""One gateway process per file: a lock beside it."""

import fcntl
import os
from errno import EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP
from pathlib import Path
from typing import TextIO

from storage.errors import AlreadyRunning, StorageUnavailable

KNOWS_NO_LOCKS = (ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL)  # what file systems of networks say


def lock_process(file: Path) -> TextIO:
    """Lock ``file``, by another one beside it, until the result is closed or the process ends, however it ends.

    However the path is written, and whatever links lead to the file: it is one lock. Raises `AlreadyRunning` if another
    process has it, `StorageUnavailable` if there can be no lock, as on some file systems of networks.
    """
    path = f"{os.path.realpath(file)}.lock"
    lock = opened(path)
    try:
        take(lock, path)
    except BaseException:
        lock.close()
        raise
    return lock


def is_locked(file: Path) -> bool:
    """Whether a process has the lock of ``file`` now. Nothing is made or written. Raises `StorageUnavailable` if there
    can be no lock."""
    path = f"{os.path.realpath(file)}.lock"
    try:
        with open(path, encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        raise no_lock(path, error) from error
    return False


def opened(path: str) -> TextIO:
    try:
        return open(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600), "r+", encoding="ascii")
    except OSError as error:
        raise no_lock(path, error) from error


def take(lock: TextIO, path: str) -> None:
    """Lock it and leave our process id in it, for whoever comes too late."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock.fileno(), 0)
        os.write(lock.fileno(), b"%d\n" % os.getpid())
    except BlockingIOError:
        raise AlreadyRunning(f"process {lock.read().strip()} already runs on it ({path} is locked)") from None
    except OSError as error:
        raise no_lock(path, error) from error


def no_lock(path: str, error: OSError) -> StorageUnavailable:
    hint = "; put the file on a disk of this machine" if error.errno in KNOWS_NO_LOCKS else ""
    return StorageUnavailable(f"can't lock {path}: {error.strerror}{hint}")
