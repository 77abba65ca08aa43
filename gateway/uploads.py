"""Uploads on their way in: the file is on disk before it is accepted, and imported behind the caller's back.

A file lies in the uploads folder, named by its upload's id, until all its rows are kept. What a crash interrupts is
imported again on the next start; rows that were kept are not kept twice.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from gateway.contacts import ContactImport
from gateway.sheets import Sheet, SheetRefused, open_sheet
from rules.book import Rulebook
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.values import Row

T = TypeVar("T")

OUTAGE_PAUSE = 1.0  # seconds before the database is tried again
MAX_IMPORTS = 100  # uploads that are imported or wait for their turn; those of a restart are all taken up

log = structlog.get_logger()


@dataclass
class UploadDesk:
    """Takes uploads, one import at a time. ``campaigns`` gives the rulebooks in force, ``ring`` wakes the worker."""

    storage: Storage
    folder: Path
    campaigns: Callable[[], Mapping[str, Rulebook]]
    now: Callable[[], datetime]
    ring: Callable[[], None]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def path(self, upload: str) -> Path:
        """Where the file of this upload lies."""
        return path_of(self.folder, upload)

    @property
    def imports(self) -> int:
        """How many uploads are being imported or wait for it."""
        return len(self._tasks)

    async def accept(self, upload: str, book: Rulebook, file: str) -> tuple[Row, Sheet]:
        """Begin the upload whose file lies at its `path`; its rows follow by themselves.

        Returns the upload's row. Raises `SheetRefused` and `StorageUnavailable`; the file is gone whatever it raises,
        but for a cancellation, after which only the database knows: `resume` asks it.
        """
        try:
            sheet = await asyncio.to_thread(open_sheet, self.path(upload), book)
            contacts = ContactImport(upload, book, sheet, self.now)
            row = await self.storage.run(lambda t: contacts.begin(t, file))
        except Exception:
            self.path(upload).unlink()
            raise
        self._begin(contacts)
        return row, sheet

    async def resume(self) -> None:
        """Go on with what an earlier process left; call once, before the first request."""
        for path in sorted(self.folder.glob("*.csv")):
            row = await self.storage.read(partial(_row, upload=path.stem))
            if row is None or row["status"] != "processing":
                path.unlink()  # never accepted, or all done
            elif book := self.campaigns().get(row["campaign"]):
                await self._resume(path, row, book)
            else:
                log.error("upload_waits", upload=path.stem, campaign=row["campaign"], reason="no usable rule file")

    async def idle(self) -> None:
        """Return when every import that is under way has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Stop; what is not done is resumed on the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _resume(self, path: Path, row: Row, book: Rulebook) -> None:
        try:
            sheet = await asyncio.to_thread(open_sheet, path, book)
        except SheetRefused as refused:
            log.error("upload_waits", upload=row["id"], campaign=row["campaign"], reason=str(refused))
        else:
            self._begin(ContactImport(row["id"], book, sheet, self.now))

    def _begin(self, contacts: ContactImport) -> None:
        task = asyncio.create_task(self._import(contacts), name=f"upload {contacts.upload}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("upload_failed", task=task.get_name(), exc_info=error)

    async def _import(self, contacts: ContactImport) -> None:
        async with self._turn:
            rows = contacts.chunks()
            while chunk := await asyncio.to_thread(next, rows, None):
                await self._insist(partial(contacts.keep, chunk=chunk))
                self.ring()
            forget(contacts)

    async def _insist(self, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` in one transaction, as often as it takes for the database to be there."""
        while True:
            try:
                return await self.storage.run(work)
            except StorageUnavailable as error:
                log.error("database_unavailable", reason=str(error))
                await asyncio.sleep(OUTAGE_PAUSE)


def path_of(folder: Path, upload: str) -> Path:
    """Where the file of an upload lies in the uploads folder."""
    return folder / f"{upload}.csv"


def forget(contacts: ContactImport) -> None:
    """Every row of the upload is kept or reported: its file goes, if whoever else read it has not removed it yet."""
    contacts.sheet.path.unlink(missing_ok=True)


def _row(t: Transaction, upload: str) -> Row | None:
    return t.uploads.get(upload)
