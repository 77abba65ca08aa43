"""Files with personal data, such as contact lists: only who runs the gateway may read them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

FOLDER_MODE, FILE_MODE = 0o700, 0o600


def owner_only(path: str, flags: int) -> int:
    """An ``opener`` for `open`: a file that is made belongs to its owner alone."""
    return os.open(path, flags, FILE_MODE)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file to write to, its folder made if need be; nothing is left of it where the block raises.

    Raises FileExistsError where there is such a file.
    """
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    with open(path, "xb", opener=owner_only) as file:
        try:
            yield file
        except BaseException:
            path.unlink()
            raise


def sync(file: BinaryIO) -> None:
    """What was written to the file is on disk when this returns."""
    file.flush()
    os.fsync(file.fileno())


def copy(source: Path, path: Path) -> None:
    """A new file with the content of ``source``, on disk when this returns."""
    with source.open("rb") as given, new_file(path) as file:
        copyfileobj(given, file)
        sync(file)
