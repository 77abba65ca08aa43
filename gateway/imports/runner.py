"""Import the lists of a campaign, one after the other, each from behind the last row that was kept to its end.

The gateway does, and `pointsman import` where no gateway runs. What is kept, paused or cancelled only the database
knows, so that both may be at it at once, and either may be killed.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import TypeVar

import structlog

from gateway.imports import chunks, rows, steering
from gateway.imports.chunks import Broken, Chunk, Counted, Message, Refused
from gateway.imports.files import held, is_whole, path_of
from gateway.imports.places import NOWHERE, place_of
from gateway.imports.process import ReaderDied, reading
from gateway.imports.reader import Job
from gateway.imports.turns import Turns
from gateway.parts import Outage
from gateway.sheets import Reading
from rules.book import Rulebook
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.uploads import PAUSED
from storage.values import Row

T = TypeVar("T")

OUTAGE_PAUSE = 1.0  # seconds before the database is tried again
TURN_SECONDS = 60.0  # for which rows of a list are kept while others wait for a turn
MAX_DEATHS = 3  # times in a row that the process that reads may die without a row kept, before the upload is paused
NO_RULES = "its campaign has no usable rule file"
NO_FILE = "its file is not in the uploads folder, or not whole: put it back, or cancel the upload"
FAULT = "something went wrong here, which the log tells; resume it to try again"

log = structlog.get_logger()


@dataclass
class Rate:
    """How fast rows of an upload are kept, since its reader began."""

    began: float = field(default_factory=monotonic)
    rows: int = 0

    @property
    def per_second(self) -> float:
        return self.rows / max(monotonic() - self.began, 0.001)


@dataclass
class Runner:
    """``campaigns`` gives the rulebooks in force, ``now`` is UTC, ``ring`` wakes whoever decides rows. ``patience`` is
    how many seconds the database may be away, after which `run` raises `StorageUnavailable`. ``shared``: what lies in
    the folder of another host is left to it."""

    storage: Storage
    folder: Path
    campaigns: Callable[[], Mapping[str, Rulebook]]
    now: Callable[[], datetime]
    ring: Callable[[], None]
    patience: float = inf
    shared: bool = False
    rates: dict[str, Rate] = field(default_factory=dict)
    _deaths: dict[str, int] = field(default_factory=dict)
    _turns: Turns = field(default_factory=Turns)

    async def run(self, campaign: str) -> None:
        """Import the campaign's lists one after the other, until all are read, or one can't be for now."""
        goes_on = True
        while goes_on:
            async with self._turns.one():
                goes_on = await self._take_turn(campaign)

    async def _take_turn(self, campaign: str) -> bool:
        """Read in the list that comes first; whether there may be more to read."""
        row = await self._insist(lambda t: t.uploads.head(campaign))
        if row is None or row["status"] == PAUSED or self.is_elsewhere(row):
            return False
        if reason := self.hindrance(row):
            await self._wait(row, reason)
            return False
        with held(path_of(self.folder, row["id"])) as ours:
            if ours:
                await self._go_on(row)
            return ours

    def is_elsewhere(self, row: Row) -> bool:
        """Whether another host has the file of this upload, and we have not."""
        if not self.shared or row["place"] in (NOWHERE, place_of(self.folder)):
            return False
        return not is_whole(path_of(self.folder, row["id"]), row)

    def hindrance(self, row: Row) -> str:
        """Why this upload can't go on here for now; "" where it can."""
        if row["campaign"] not in self.campaigns():
            return NO_RULES
        return "" if is_whole(path_of(self.folder, row["id"]), row) else NO_FILE

    async def _wait(self, row: Row, reason: str) -> None:
        if row["reason"] != reason:
            log.error("upload_waits", upload=row["id"], campaign=row["campaign"], reason=reason)
            await self._insist(lambda t: t.uploads.change(row["id"], reason=reason))

    async def _go_on(self, head: Row) -> None:
        """Read on in this list, until it ends, its turn does, or it has to be begun anew."""
        row = await self._insist(lambda t: t.uploads.begin(head["campaign"], head["id"], self.now()))
        if row is None:
            return
        try:
            await self._read(row, self.campaigns()[row["campaign"]])
        except ReaderDied as died:
            await self._died(row["id"], str(died))
        except StorageUnavailable:
            raise
        except Exception:
            log.exception("upload_failed", upload=row["id"])
            await self._pause(row["id"], FAULT)
        finally:
            self.rates.pop(row["id"], None)

    async def _read(self, row: Row, book: Rulebook) -> None:
        upload, counts = row["id"], row["total"] is None
        path, how = path_of(self.folder, upload).resolve(), Reading.from_json(row["reading"])
        job = Job(path, as_read(book), how, row["last_row"], counts, chunks.CHUNK_ROWS)
        async with reading(job) as reader:
            while self._is_in_force(book) and await self._take(upload, await reader.next()):
                if self._is_over(upload):
                    return

    def _is_in_force(self, book: Rulebook) -> bool:
        """Whether the rules are still those that rows are checked by."""
        now = self.campaigns().get(book.campaign)
        return now is not None and now.hash == book.hash

    def _is_over(self, upload: str) -> bool:
        """Whether it is somebody else's turn. Rows of this list are kept in each of its turns, however long it takes to
        find them again."""
        rate = self.rates.get(upload)
        return bool(self._turns.waiting and rate and monotonic() - rate.began >= TURN_SECONDS)

    async def _take(self, upload: str, message: Message) -> bool:
        """Do what the message asks for; whether there is to be another one."""
        if isinstance(message, Chunk):
            return await self._keep(upload, message)
        if isinstance(message, Counted):
            return await self._insist(lambda t: rows.count(t, upload, message))
        if isinstance(message, Broken):
            raise ReaderDied(f"the process that reads it failed: {message.reason}")
        if isinstance(message, Refused):
            await self._insist(lambda t: rows.refuse(t, upload, message.reason, self.now()))
        else:
            await self._insist(lambda t: rows.end(t, upload))
        return False

    async def _keep(self, upload: str, chunk: Chunk) -> bool:
        goes_on = await self._insist(partial(rows.keep, upload=upload, chunk=chunk, now=self.now()))
        self._deaths.pop(upload, None)
        self.rates.setdefault(upload, Rate()).rows += chunk.rows
        self.ring()
        return goes_on

    async def _died(self, upload: str, reason: str) -> None:
        self._deaths[upload] = self._deaths.get(upload, 0) + 1
        log.error("upload_reader_died", upload=upload, reason=reason, times=self._deaths[upload])
        if self._deaths[upload] >= MAX_DEATHS:
            del self._deaths[upload]
            await self._pause(upload, f"{reason}, {MAX_DEATHS} times; resume it to try again")

    async def _pause(self, upload: str, reason: str) -> None:
        with suppress(steering.NotNow):  # somebody has cancelled it meanwhile
            await self._insist(lambda t: steering.pause(t, upload, reason))

    async def _insist(self, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` in one transaction, as often as it takes for the database to be there."""
        began, outage = monotonic(), Outage("uploads")
        while True:
            try:
                done = await self.storage.run(work)
                outage.is_over()
                return done
            except StorageUnavailable as error:
                if monotonic() - began >= self.patience:
                    raise
                outage.lasts(error)
                await asyncio.sleep(OUTAGE_PAUSE)


def as_read(book: Rulebook) -> Rulebook:
    """What of a rulebook reading a list takes, fit to be handed to another process."""
    fields = dict(book.fields)
    return Rulebook(
        campaign=book.campaign,
        hash=book.hash,
        file=book.file,
        timezone=book.timezone,
        region=book.region,
        fields=fields,
    )
