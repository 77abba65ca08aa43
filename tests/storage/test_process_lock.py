"""Why a file can't be locked is said in a sentence, and no lock is left behind."""

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from storage.errors import AlreadyRunning, StorageUnavailable
from storage.process_lock import is_locked, lock_process


def failing(error: int) -> Any:
    def fails(*arguments: object) -> None:
        raise OSError(error, os.strerror(error))

    return fails


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (errno.ENOLCK, r"can't lock .*db\.lock: No locks available; put the file on a disk of this machine"),
        (errno.EOPNOTSUPP, r"Operation not supported; put the file on a disk of this machine"),
        (errno.EACCES, r"db\.lock: Permission denied$"),
        (errno.EIO, r"db\.lock: Input/output error$"),
    ],
)
def test_a_file_that_can_not_be_locked_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, sentence: str
) -> None:
    with monkeypatch.context() as trouble:
        trouble.setattr(fcntl, "flock", failing(error))
        with pytest.raises(StorageUnavailable, match=sentence):
            lock_process(tmp_path / "a.db")

    lock_process(tmp_path / "a.db").close()


def test_a_full_disk_is_told_in_a_sentence_and_leaves_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as trouble:
        trouble.setattr(os, "write", failing(errno.ENOSPC))
        with pytest.raises(StorageUnavailable, match="No space left on device"):
            lock_process(tmp_path / "a.db")

    lock_process(tmp_path / "a.db").close()


def test_who_comes_too_late_is_told_which_process_has_it(tmp_path: Path) -> None:
    first = lock_process(tmp_path / "a.db")
    (tmp_path / "b.db").symlink_to(tmp_path / "a.db")
    with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()} already runs on it \(.*/a\.db\.lock"):
        lock_process(tmp_path / "b.db")
    first.close()

    lock_process(tmp_path / "b.db").close()


def test_to_ask_whether_a_file_is_locked_makes_and_changes_nothing(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "a.db")
    assert list(tmp_path.iterdir()) == []

    lock = lock_process(tmp_path / "a.db")
    assert is_locked(tmp_path / "a.db")
    lock.close()
    assert not is_locked(tmp_path / "a.db")


def test_where_there_can_be_no_lock_nobody_can_say_whether_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_process(tmp_path / "a.db").close()
    monkeypatch.setattr(fcntl, "flock", failing(errno.ENOLCK))
    with pytest.raises(StorageUnavailable, match="No locks available; put the file on a disk of this machine"):
        is_locked(tmp_path / "a.db")
