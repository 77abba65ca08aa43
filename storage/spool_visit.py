"""A spool as commands deal with it: beside the gateway that has it, or without one."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import delete, select

from storage.engines import BUSY_SECONDS
from storage.spool_file import EVENTS, WAITS, SpooledEvent, SpoolFile, spooled_event
from storage.statements import chunks, rows_in, rows_of
from storage.values import About

PAGE = 500  # events read at once
ABOUTS = 5_000  # events of which it is read at once whom they are about
DEFERRED = "BEGIN"  # who only reads never holds up a webhook


class SpoolVisit:
    """What is in a spool's file; nothing where there is none. Raises `SpoolUnavailable` where it can't be used."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self._file = SpoolFile(path, DEFERRED, BUSY_SECONDS) if path.exists() else None

    def set_aside(self) -> Iterator[SpooledEvent]:
        """What the database refused, oldest first, read page by page."""
        last = 0
        while page := self._set_aside_after(last):
            last = page[-1].seq
            yield from page

    def these(self, numbers: Collection[int]) -> dict[int, SpooledEvent]:
        """Those of these events that are there, waiting or set aside, by their numbers."""
        if self._file is None:
            return {}
        rows = self._file.transact(lambda connection: rows_in(connection, select(EVENTS), EVENTS.c.seq, numbers))
        return {row["seq"]: spooled_event(row) for row in rows}

    def abouts(self) -> Iterator[dict[int, About]]:
        """Whom each event is about, waiting or set aside, by its number; page by page."""
        last = 0
        while page := self._abouts_after(last):
            last = max(page)
            yield page

    def remove(self, numbers: Collection[int]) -> None:
        """Remove these events, so that nothing of them is left in the file or its log."""
        if self._file is None or not numbers:
            return
        for chunk in chunks(numbers):
            gone = delete(EVENTS).where(EVENTS.c.seq.in_(chunk))
            self._file.transact(lambda connection, gone=gone: connection.execute(gone))  # type: ignore[misc]
        self._file.empty_log()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _set_aside_after(self, number: int) -> list[SpooledEvent]:
        if self._file is None:
            return []
        query = select(EVENTS).where(~WAITS, EVENTS.c.seq > number).order_by(EVENTS.c.seq).limit(PAGE)
        return [
            spooled_event(row) for row in self._file.transact(lambda connection: rows_of(connection.execute(query)))
        ]

    def _abouts_after(self, number: int) -> dict[int, About]:
        if self._file is None:
            return {}
        columns = (EVENTS.c.seq, EVENTS.c.about_kind, EVENTS.c.about_value)
        query = select(*columns).where(EVENTS.c.seq > number).order_by(EVENTS.c.seq).limit(ABOUTS)
        rows = self._file.transact(lambda connection: rows_of(connection.execute(query)))
        return {row["seq"]: About(row["about_kind"], row["about_value"]) for row in rows}


@contextmanager
def visiting(path: Path) -> Iterator[SpoolVisit]:
    """A visit to the spool at ``path`` for as long as the block runs."""
    visit = SpoolVisit(path)
    try:
        yield visit
    finally:
        visit.close()
