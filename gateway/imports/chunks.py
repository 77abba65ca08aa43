"""What the process that reads a file tells the one that keeps its rows, and how it is written on the pipe between them.

A message is one byte for its kind, four for the length of the rest, and the rest as JSON. Nothing in it is evaluated:
what was in a file that somebody sent is in it. It is never longer than `MAX_MESSAGE`.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from gateway.intake import Given, Read, ReadyRow, RowProblem, ready
from gateway.sheets import Duplicates

CHUNK_ROWS = 1_000  # rows kept in one transaction, at most: for so long does a message that comes in meanwhile wait
CHUNK_BYTES = 1_000_000  # of what is in such rows, about; the row that passes it is the chunk's last
PROBLEM_BYTES = 300  # that a problem takes, about
MAX_MESSAGE = 100_000_000  # bytes: of one row with all that may be in it, by far
LENGTH = 4  # bytes that tell the length


@dataclass(frozen=True, slots=True)
class Counted:
    """The file has so many rows as far as it was read for that, which is ``whole`` at last: all of it can be read."""

    rows: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows, one after the other as they are in the file: the good ones, and what is wrong with the others;
    ``last_row`` is the last one's number, ``is_last`` says that the file has none after it. ``duplicates`` are the
    numbers of those good ones that are known to give the same person as an earlier row."""

    good: tuple[ReadyRow, ...]
    problems: tuple[RowProblem, ...]
    last_row: int
    is_last: bool
    duplicates: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows these are."""
        return len(self.good) + len({problem.row for problem in self.problems})

    def after(self, row: int) -> "Chunk":
        """The rows after that one."""
        return replace(
            self,
            good=tuple(one for one in self.good if one.row > row),
            problems=tuple(one for one in self.problems if one.row > row),
            duplicates=tuple(one for one in self.duplicates if one > row),
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """The file has no more rows."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The file can't be read (on); ``reason`` names the place."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The program itself failed; ``reason`` is an error's kind and place."""

    reason: str


Message = Counted | Chunk | Ended | Refused | Broken


def in_chunks(reads: Iterable[Read], rows: int = CHUNK_ROWS) -> Iterator[bytes]:
    """Rows as messages of at most so many of them, and of not much more than `CHUNK_BYTES`."""
    known, size = Duplicates(), 0
    part: list[_Row] = []
    repeated: list[int] = []
    for read in reads:
        if len(part) == rows or size >= CHUNK_BYTES:
            yield _of_rows(part, repeated, is_last=False)
            part, repeated, size = [], [], 0
        row, weight = _row(read)
        part.append(row)
        if isinstance(read, Given) and known.seen(read):
            repeated.append(read.row)
        size += weight
    if part:
        yield _of_rows(part, repeated, is_last=True)


_Row = ReadyRow | tuple[int, list[tuple[str, str, str]]]  # a good one, or a number and what is wrong
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _of_rows(rows: list[_Row], duplicates: list[int], *, is_last: bool) -> bytes:
    return _framed(b"C", _JSON.encode([rows, duplicates, is_last]).encode("utf-8", "surrogatepass"))


def _row(read: Read) -> tuple[_Row, int]:
    """The row as a message has it, and how large that is, about."""
    if isinstance(read, Given):
        row = ready(read)
        return row, len(row.fields) + sum(map(len, row.identifiers.values()))
    told = [(problem.field, problem.value, problem.reason) for problem in read]
    return (read[0].row, told), PROBLEM_BYTES * len(told)


def _chunk(written: list[Any]) -> Chunk:
    rows, duplicates, is_last = written
    good = tuple(ReadyRow(row[0], row[1], row[2], tuple(row[3])) for row in rows if len(row) == len(ReadyRow._fields))
    problems = tuple(RowProblem(row[0], *told) for row in rows if len(row) == 2 for told in row[1])
    return Chunk(good, problems, rows[-1][0], is_last, tuple(duplicates))


_READERS: dict[bytes, Callable[[Any], Message]] = {
    b"N": lambda counted: Counted(*counted),
    b"C": _chunk,
    b"E": lambda _: Ended(),
    b"R": Refused,
    b"B": Broken,
}


def written(message: Counted | Ended | Refused | Broken) -> bytes:
    """A message as the pipe has it; those of rows are made by `in_chunks`."""
    if isinstance(message, Counted):
        return _framed(b"N", json.dumps([message.rows, message.whole]).encode())
    if isinstance(message, Ended):
        return _framed(b"E", b"null")
    return _framed(b"R" if isinstance(message, Refused) else b"B", json.dumps(message.reason).encode())


def _framed(kind: bytes, text: bytes) -> bytes:
    return kind + len(text).to_bytes(LENGTH, "big") + text


def read_message(pipe: BinaryIO) -> Message | None:
    """The next message; None where the pipe ends, in the middle of one, too. Raises ValueError for what is none."""
    head = pipe.read(1 + LENGTH)
    size = int.from_bytes(head[1:], "big")
    if size > MAX_MESSAGE:
        raise ValueError(f"a message of {size} bytes, of at most {MAX_MESSAGE}")
    text = pipe.read(size) if len(head) == 1 + LENGTH else b""
    if not text or len(text) < size:
        return None
    return _READERS[head[:1]](json.loads(text.decode("utf-8", "surrogatepass")))
