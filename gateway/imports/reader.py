"""`python -m gateway.imports.reader`: read and check a contact list, for the process that started this one.

What to do comes on stdin, what was read goes to stdout (`gateway.imports.chunks`). It holds no secret and opens nothing
but the file.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from gateway.imports.chunks import Broken, Counted, Ended, Refused, in_chunks, written
from gateway.imports.confined import begun, write
from gateway.sheets import Reading, Sheet, SheetRefused, counting, open_sheet, read_rows
from rules.book import Rulebook


@dataclass(frozen=True, slots=True)
class Job:
    """Read ``path`` from behind the row ``after`` on, in chunks of at most so many rows; ``counts`` its rows first."""

    path: Path
    book: Rulebook
    reading: Reading
    after: int
    counts: bool
    chunk_rows: int


def messages(job: Job) -> Iterator[bytes]:
    """What is to be told, in order; the last one says how it ended."""
    try:
        sheet = open_sheet(job.path, job.book, job.reading)
        if job.counts:
            yield from _counted(sheet)
        yield from in_chunks(read_rows(sheet, job.book, job.after), job.chunk_rows)
        yield written(Ended())
    except SheetRefused as refused:
        yield written(Refused(str(refused)))
    except Exception as error:  # its words may quote what is in the file
        place = extract_tb(error.__traceback__)[-1]
        yield written(Broken(f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"))


def _counted(sheet: Sheet) -> Iterator[bytes]:
    rows = 0
    for rows in counting(sheet):
        yield written(Counted(rows, whole=False))
    yield written(Counted(rows, whole=True))


def main() -> None:
    """Do what stdin says."""
    try:
        for message in messages(begun()):
            write(message)
    except BrokenPipeError:
        os._exit(1)


if __name__ == "__main__":
    main()
