"""The lines of a text of any size, in bounded memory: decoded, and where they can't be, said exactly where."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from gateway.sheets.encodings import NAMES, SAVE_AGAIN
from gateway.sheets.refused import SheetRefused

MAX_LINE = 1_000_000  # characters, with its line end
BLOCK_BYTES = 65_536

Block = list[str]
"""Some whole lines, each with its end: LF, CR LF or CR."""


def blocks(file: BinaryIO, encoding: str) -> Iterator[Block]:
    """The file's lines from where it stands, some at a time; ``encoding`` is one of `ENCODINGS`.

    Raises `SheetRefused` at the first byte that is not text, and for a line longer than `MAX_LINE`.
    """
    text = _Text(file, encoding)
    number, rest = 1, ""
    while piece := text.read(number, rest):
        whole = rest + piece
        # A CR at the very end may be half of a CR LF.
        end = max(whole.rfind("\n"), whole.rfind("\r", 0, -1)) + 1
        rest = whole[end:]
        if end:
            yield from _block(whole[:end], number)
            number += _line_ends(whole[:end])
        if len(rest) > MAX_LINE:
            raise _too_long(number)
    if rest:
        yield from _block(rest, number)


def _block(text: str, number: int) -> Iterator[Block]:
    """Only the first line can be longer than a block of bytes makes it."""
    lines = io.StringIO(text, newline="").readlines()
    if len(lines[0]) > MAX_LINE:
        raise _too_long(number)
    yield lines


def _too_long(number: int) -> SheetRefused:
    reason = f"line {number} is longer than {MAX_LINE} characters: this is no contact list"
    return SheetRefused(reason, line=number)


def _line_ends(text: str) -> int:
    return text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0)


class _Text:
    """Decodes the file piece by piece and knows where each began."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ended = False

    def read(self, number: int, before: str) -> str:
        """The next characters, "" at the end. ``before`` were read of line ``number`` and do not end it."""
        piece = ""
        while not piece and not self._ended:
            start = self._file.tell() - len(self._decoder.getstate()[0])
            data = self._file.read(BLOCK_BYTES)
            self._ended = not data
            piece = self._decoded(data, start, number, before)
        return piece

    def _decoded(self, data: bytes, start: int, number: int, before: str) -> str:
        try:
            piece = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(self._encoding)
            reason = f"not {NAMES[self._encoding]}; {SAVE_AGAIN}, or state its encoding"
            raise _misplaced(reason, number + _line_ends(before + good), start + error.start) from None
        if "\0" in piece:
            good = piece[: piece.index("\0")]
            byte = start + len(good.encode(self._encoding))
            reason = (
                f"a NUL character, so this is no text in {NAMES[self._encoding]}; {SAVE_AGAIN}, or state its encoding"
            )
            raise _misplaced(reason, number + _line_ends(before + good), byte)
        return piece


def _misplaced(reason: str, line: int, byte: int) -> SheetRefused:
    return SheetRefused(f"line {line}, byte {byte}: {reason}", line=line, byte=byte)
