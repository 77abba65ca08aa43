"""Where the files of uploads lie: each uploads folder has a name of its own, which goes with it wherever it goes."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from gateway.private_files import new_file, sync

NAME = ".place"  # the file that holds it
NOWHERE = ""  # of an upload that an earlier program took, or of a folder without any
MAX_PLACE = 100  # characters


def place_of(folder: Path) -> str:
    """The name of this folder, which is made for its first upload: the host it was made on, and something random. So
    processes that share a folder have one place, and a folder that moves to another host keeps its uploads."""
    if not (known := _read(folder)):
        _make(folder)
        known = _read(folder)
    return known


def _read(folder: Path) -> str:
    try:
        return (folder / NAME).read_text("utf-8")[:MAX_PLACE].strip()
    except FileNotFoundError:
        return NOWHERE


def _make(folder: Path) -> None:
    """All of it or nothing, and not where another process has made it at this moment."""
    draft = folder / f"{NAME}.{token_hex(8)}"
    with new_file(draft) as file:
        file.write(f"{socket.gethostname()[:60]}:{token_hex(8)}\n".encode())
        sync(file)
    with suppress(FileExistsError):
        os.link(draft, folder / NAME)
    draft.unlink()
