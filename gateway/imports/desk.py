"""Uploads on their way in: the file is on disk before it is accepted, and imported behind the caller's back.

A file lies in the uploads folder, named by its upload's id, until its upload is over, and some days longer where rows
failed. What a crash interrupts is gone on with on the next start. Of several processes those read it whose folder it is
in (see `gateway.imports.places`).
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from time import monotonic

import structlog

from gateway.clock import Bell
from gateway.imports.files import files_in, is_needed, path_of, upload_of
from gateway.imports.looking import Looker
from gateway.imports.places import place_of
from gateway.imports.runner import Runner
from gateway.parts import Rest, keep_working
from gateway.sheets import Reading, Sheet
from rules.book import Rulebook
from storage.database import Storage
from storage.transaction import Transaction
from storage.uploads import PAUSED, QUEUED
from storage.values import Row

LOOK_SECONDS = 1.0  # how long what a command left may wait to be noticed
TIDY_SECONDS = 60.0  # how long a file may lie around that nobody needs any more
MAX_IMPORTS = 100  # uploads that are imported or wait for their turn; what commands leave is all taken up
AS_FOUND = Reading()
MOMENT = timedelta(microseconds=1)

log = structlog.get_logger()


def tell_nobody(t: Transaction) -> None:
    """The program itself begins this upload."""


@dataclass
class UploadDesk:
    """Takes uploads, and has those that are to be read imported: one of each campaign at a time.

    ``campaigns`` gives the rulebooks in force, ``ring`` wakes the worker, ``bell`` this desk. ``shared``: other hosts
    take uploads, too.
    """

    storage: Storage
    folder: Path
    campaigns: Callable[[], Mapping[str, Rulebook]]
    now: Callable[[], datetime]
    ring: Callable[[], None]
    bell: Bell
    shared: bool = False
    looker: Looker = field(default_factory=Looker)
    _tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)  # by campaign
    _again: set[str] = field(default_factory=set)  # campaigns that got another list while one was imported
    _tidied: float = float("-inf")

    def __post_init__(self) -> None:
        self._runner = Runner(self.storage, self.folder, self.campaigns, self.now, self.ring, shared=self.shared)

    def path(self, upload: str) -> Path:
        """Where the file of this upload lies."""
        return path_of(self.folder, upload)

    def rows_per_second(self, upload: str) -> float | None:
        """How fast rows of this upload are kept; None where none are read here now."""
        rate = self._runner.rates.get(upload)
        return rate.per_second if rate else None

    async def accept(
        self,
        upload: str,
        book: Rulebook,
        file: str,
        reading: Reading = AS_FOUND,
        tell: Callable[[Transaction], None] = tell_nobody,
    ) -> tuple[Row, Sheet]:
        """Begin the upload whose file lies at its `path`; its rows follow by themselves. ``tell`` is told in the
        transaction that begins it.

        Returns the upload's row. Raises `SheetRefused` and `StorageUnavailable`; the file is gone whatever it raises,
        but for a cancellation, after which only the database knows: `look` asks it.
        """
        try:
            sheet = await self.looker.sheet(self.path(upload), book, reading)
            row = upload_row(upload, book.campaign, file, sheet, self.now())
            row = await self.storage.run(partial(add, row=row, tell=tell))
        except Exception:
            self.path(upload).unlink()
            raise
        self.wake(book.campaign)
        return row, sheet

    async def run(self) -> None:
        """Work until the bell is closed."""
        await keep_working("uploads", self.bell, self._turn)

    async def _turn(self) -> Rest:
        await self.look()
        if monotonic() >= self._tidied + TIDY_SECONDS:
            await self.tidy()
            self._tidied = monotonic()
        return Rest(LOOK_SECONDS)

    async def look(self) -> None:
        """Have every list imported whose turn it is, whoever left it."""
        unread = await self.storage.read(lambda t: t.uploads.unread())
        for row in heads(unread):
            if row["status"] == PAUSED or self._runner.is_elsewhere(row):
                continue
            if row["reason"] == "" or row["reason"] != self._runner.hindrance(row):
                self.wake(row["campaign"])

    async def tidy(self) -> None:
        """Remove the files that nobody needs any more."""
        paths = {upload_of(path): path for path in files_in(self.folder)}
        rows = await self.storage.read(lambda t: t.uploads.these(paths))
        for upload, path in paths.items():
            if not is_needed(path, rows.get(upload), self.now()):
                path.unlink(missing_ok=True)

    async def idle(self) -> None:
        """Return when nothing more of any list is to be read, or can be for now."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def close(self) -> None:
        """Stop; what is not done is gone on with on the next start."""
        self._again.clear()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self, campaign: str) -> None:
        """A list of this campaign may go on."""
        if campaign in self._tasks:
            self._again.add(campaign)
            return
        task = asyncio.create_task(self._runner.run(campaign), name=f"uploads of {campaign}")
        self._tasks[campaign] = task
        task.add_done_callback(lambda done: self._finished(campaign, done))

    def _finished(self, campaign: str, task: "asyncio.Task[None]") -> None:
        del self._tasks[campaign]
        if not task.cancelled() and (error := task.exception()):
            log.error("upload_failed", campaign=campaign, exc_info=error)
        if campaign in self._again:
            self._again.discard(campaign)
            self.wake(campaign)


def upload_row(upload: str, campaign: str, file: str, sheet: Sheet, now: datetime) -> Row:
    """A new upload, whose file is in its folder; ``file`` is the name people know it by, ``now`` is UTC."""
    return {
        "id": upload,
        "campaign": campaign,
        "file": file,
        "status": QUEUED,
        "reason": "",
        "reading": sheet.reading.as_json(),
        "size": sheet.path.stat().st_size,
        "place": place_of(sheet.path.parent),
        "total": None,
        "counted": 0,
        "read": 0,
        "last_row": 0,
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "failed": 0,
        "duplicates": 0,
        "started_at": now,
        "begun_at": None,
        "finished_at": None,
    }


def add(t: Transaction, row: Row, tell: Callable[[Transaction], None] = tell_nobody) -> Row:
    """The upload exists, and comes after those of its campaign that there are, whatever clocks say; ``tell`` is told.
    Returns its row."""
    t.campaigns.ensure(row["campaign"])
    last = t.uploads.last_came(row["campaign"])
    placed = row if last is None else row | {"started_at": max(row["started_at"], last + MOMENT)}
    tell(t)
    t.uploads.add(placed)
    return placed


def heads(unread: list[Row]) -> Iterator[Row]:
    """Of lists campaign by campaign, each one's in their turn: whose turn it is."""
    return (next(rows) for _, rows in groupby(unread, key=lambda row: row["campaign"]))


def forget_read_files(storage: Storage, folder: Path) -> list[str]:
    """Remove the files of which no row is to be read any more; the names of the others, which are imported or wait."""
    paths = {upload_of(path): path for path in files_in(folder)}
    with storage.reading() as t:
        unread = {row["id"]: row["file"] for row in t.uploads.unread()}
        known = t.uploads.these(paths)
    for upload in known.keys() - unread.keys():
        paths[upload].unlink(missing_ok=True)
    return sorted(unread.values())
