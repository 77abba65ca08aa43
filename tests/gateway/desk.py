"""The API over a real SQLite file, and a worker that decides what it keeps when asked to."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from gateway.api.access import Access
from gateway.api.desk import ApiDesk, nothing_new
from gateway.api.site import api_application
from gateway.clock import Bell, ManualClock
from gateway.imports.desk import UploadDesk
from gateway.outcomes import Outcomes
from gateway.rulebooks import Changes, OlderFile, Rulebooks
from gateway.watching import Tell
from gateway.worker import Worker
from rules.book import Channel, Rulebook
from rules.loader import Project
from storage.database import Storage
from tests.gateway.books import BOOK

TOKEN = "token-of-the-tests"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
SMS = Channel(name="sms", kind="sms", identifier="phone")
CAMPAIGN = f"/campaigns/{BOOK.campaign}"

Client = TestClient[Any, Any]


@dataclass
class Desk:
    """What the tests hold. ``works`` is False for a gateway whose worker is too slow."""

    storage: Storage
    folder: Path
    works: bool = True
    rung: int = 0
    requests_per_minute: int = 6_000
    books: dict[str, Rulebook] = field(default_factory=lambda: {BOOK.campaign: BOOK})
    channels: Mapping[str, Channel] = field(default_factory=lambda: {"sms": SMS})
    reload: Callable[[Tell, str], Awaitable[Changes]] = nothing_new
    older: Sequence[OlderFile] = ()

    def __post_init__(self) -> None:
        self.clock = clock = ManualClock(NOW)
        rulebooks = Rulebooks(Project(), self.channels, self.books, {BOOK.hash: BOOK})
        self.worker = Worker(self.storage, rulebooks, clock, Bell(clock), lambda decided: None)
        self.uploads = UploadDesk(self.storage, self.folder, lambda: self.books, clock.now, self.ring, Bell(clock))

    def ring(self) -> None:
        self.rung += 1

    async def work(self) -> None:
        """Decide everything that waits."""
        while await self.worker.work_once():
            pass

    async def decided(self, events: Sequence[int], seconds: float) -> Mapping[int, str]:
        if self.works:
            await self.work()
        return await Outcomes(self.storage).decided(events, seconds if self.works else 0.01)

    def application(self) -> Any:
        return api_application(
            ApiDesk(
                storage=self.storage,
                campaigns=lambda: self.books,
                uploads=self.uploads,
                access=Access(self.storage, SecretStr(TOKEN), self.clock),
                requests_per_minute=self.requests_per_minute,
                now=self.clock.now,
                ring=self.ring,
                decided=self.decided,
                spool=self.folder.with_name("spool.db"),
                channels=self.channels,
                reload=self.reload,
                older=lambda: self.older,
            )
        )
