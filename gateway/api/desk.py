"""What the API needs of the gateway."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from gateway.api.access import Access
from gateway.api.counted import Counted
from gateway.api.problems import Problem
from gateway.channel_health import ChannelHealth
from gateway.hints import did_you_mean
from gateway.hooks.telling import SILENT, Telling
from gateway.imports.desk import UploadDesk
from gateway.recorded import Versions
from gateway.rulebooks import BrokenFile, Changes, OlderFile
from gateway.settings_file import HookSettings
from gateway.watching import Tell
from rules.book import Channel, Rulebook
from rules.loader import Project
from storage.database import Storage
from storage.transaction import Transaction

T = TypeVar("T")

EXPORTS_AT_ONCE = 2  # each may have one of the threads that read, of which there are 4, again and again

Decided = Callable[[Sequence[int], float], Awaitable[Mapping[int, str]]]


async def nothing_new(tell: Tell, campaign: str) -> Changes:
    """A look at no rules folder at all."""
    return Changes((), ())


@dataclass(frozen=True, kw_only=True)
class ApiDesk:
    """What the API asks of the gateway.

    ``campaigns`` gives the rulebooks in force by campaign, ``broken`` the rule files that are not, ``older`` those that
    other processes' go before, ``gone`` the campaigns whose file is not there any more; ``now`` is UTC;
    ``ring`` wakes the worker after rows were kept; ``decided`` waits at most that many seconds for these inbox events
    and maps those decided by then to what became of them (`rules.reaction.Applied`, or parked); ``hindrances`` says why
    a campaign cannot run. ``channels`` are the project's, ``project`` is what rule files may count on; ``reload`` looks
    at the rules folder now, for a campaign's file above all, and lets what changed be told in the transaction that
    keeps it; ``spool`` is the file where events wait for the database; ``channel_health`` tells how each channel does.
    ``hooks`` are those of the settings that are told what happens, ``telling`` says which of what. ``on_answered`` is
    told each answer: method, path of the endpoint, status and seconds; ``on_cut_off`` each that failed in its middle.
    """

    storage: Storage
    campaigns: Callable[[], Mapping[str, Rulebook]]
    uploads: UploadDesk
    access: Access
    now: Callable[[], datetime]
    ring: Callable[[], None]
    decided: Decided
    spool: Path
    channel_health: Callable[[Transaction], Sequence[ChannelHealth]] = lambda t: ()
    requests_per_minute: int = 6_000
    hooks: Mapping[str, HookSettings] = field(default_factory=dict)
    telling: Telling = SILENT
    channels: Mapping[str, Channel] = field(default_factory=dict)
    project: Project = field(default_factory=Project)
    reload: Callable[[Tell, str], Awaitable[Changes]] = nothing_new
    broken: Callable[[], Sequence[BrokenFile]] = tuple
    older: Callable[[], Sequence[OlderFile]] = tuple
    gone: Callable[[], Collection[str]] = tuple
    hindrances: Callable[[Transaction, str], Sequence[str]] = lambda t, campaign: ()
    on_answered: Callable[[str, str, int, float], None] = lambda method, path, status, seconds: None
    on_cut_off: Callable[[], None] = lambda: None
    erasing: asyncio.Lock = field(default_factory=asyncio.Lock)  # each has a thread, which others need, for long
    exporting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(EXPORTS_AT_ONCE))

    counted: Counted = field(default_factory=Counted)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` in a reading transaction. Raises `TookTooLong` (503) rather than keep somebody waiting long."""
        return await self.storage.read(work, patiently=False)

    async def count(self, key: Hashable, work: Callable[[Transaction], T], *, patiently: bool = True) -> T:
        """The same for counts, which are told again for a while where they take long; ``patiently`` whatever they take,
        for who asks can ask for no less."""
        return await self.counted.get(key, lambda: self.storage.read(work, patiently=patiently))

    @cached_property
    def versions(self) -> Versions:
        """Rule file versions that were in force once, for whoever explains."""
        return Versions(self.project, lambda hash: {book.hash: book for book in self.campaigns().values()}.get(hash))

    def book(self, name: str) -> Rulebook:
        """The rulebook of the campaign of that name. Raises 404."""
        books = self.campaigns()
        if name not in books:
            detail = f'there is no campaign "{name[:60]}" with a usable rule file{did_you_mean(name, books)}'
            raise Problem(404, "unknown-campaign", "Unknown campaign", detail)
        return books[name]


DESK: web.AppKey[ApiDesk] = web.AppKey("desk", ApiDesk)
