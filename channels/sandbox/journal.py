"""An append-only file of entries, one JSON line each: the provider's memory, which no crash of ours may take away."""

import os
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from channels.sandbox.entries import Entry

MAX_JOURNAL_BYTES = 268_435_456

_ENTRY = TypeAdapter(Entry)


class JournalBroken(Exception):
    """The file is no journal of the sandbox, or too large to read: move it away to begin anew."""


class Journal:
    """Keeps entries; each is in the operating system's hands when `keep` returns, so it survives kill -9."""

    def __init__(self, path: Path | None) -> None:
        """``path`` None: nothing is kept. Parents of the file are made."""
        self._path = path
        self._file: BinaryIO | None = None

    def open(self) -> tuple[Entry, ...]:
        """All entries kept so far, and be ready to keep more. A torn last line is cut off. Raises `JournalBroken`.

        Only the file's owner may read it: it holds what people wrote.
        """
        if self._path is None:
            return ()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        whole = self._whole_lines(self._path)
        entries = tuple(self._entry(number, line) for number, line in enumerate(whole.splitlines(), 1))
        self._file = os.fdopen(os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600), "ab")
        self._file.truncate(len(whole))
        return entries

    def keep(self, entry: Entry) -> None:
        """Append one entry and flush it."""
        if self._file is not None:
            self._file.write(_ENTRY.dump_json(entry, exclude_defaults=True) + b"\n")
            self._file.flush()

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _whole_lines(self, path: Path) -> bytes:
        if not path.exists():
            return b""
        if path.stat().st_size > MAX_JOURNAL_BYTES:
            raise JournalBroken(f"{path} has more than {MAX_JOURNAL_BYTES} bytes: move it away to begin anew")
        content = path.read_bytes()
        return content[: content.rfind(b"\n") + 1]

    def _entry(self, number: int, line: bytes) -> Entry:
        try:
            return _ENTRY.validate_json(line)
        except ValidationError as error:
            raise JournalBroken(f"{self._path}:{number}: not a line of the sandbox's journal") from error
