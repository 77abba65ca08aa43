"""Several processes of a gateway on one PostgreSQL, each with a rules folder of its own, moved step by step."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from channels.base import InboundMessage
from gateway.clock import Bell, ManualClock
from gateway.decided import Decided
from gateway.incoming import message_event
from gateway.intake import Given
from gateway.keeping import keep_participants
from gateway.rulebooks import Changes
from gateway.shards import Turn
from gateway.shared_rulebooks import SharedRulebooks
from gateway.shared_rules_watch import SharedRulesWatch
from gateway.worker import Worker
from rules.book import Channel
from rules.loader import Project, ProjectChannel
from storage.database import Storage
from storage.errors import LeaseLost
from storage.values import shard_of

START = datetime(2027, 3, 1, 8, tzinfo=UTC)
SMS = Channel(name="sms", kind="sms", identifier="phone")
CHANNELS = {"sms": ProjectChannel("sms", "sms", "phone")}
PROJECT = Project(CHANNELS)
NUMBERS = count(1)


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@dataclass
class Host:
    """A process that does everything, and its folder; ``project`` is what its settings know."""

    url: str
    folder: Path
    project: Project = PROJECT
    decides: bool = True
    reports: list[Changes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.storage, self.clock = Storage(self.url), ManualClock(START)
        self.rulebooks = SharedRulebooks(self.project, {"sms": SMS})
        self.worker = Worker(self.storage, self.rulebooks, self.clock, Bell(self.clock), self.decided)
        self.watch = self.new_watch()

    def new_watch(self) -> SharedRulesWatch:
        what = (self.folder, self.rulebooks, self.storage, self.clock, Bell(self.clock))
        return SharedRulesWatch(*what, self.reported, lambda: None, decides=self.decides)

    def decided(self, decided: Sequence[Decided]) -> None:
        """A batch is committed."""

    def reported(self, changes: Changes, texts: dict[str, bytes]) -> None:
        self.reports.append(changes)

    async def starts(self) -> "Host":
        """As `gateway.app.build_gateway` has it."""
        await self.storage.run(self.rulebooks.restore)
        await self.watch.load()
        return self

    async def restarts(self) -> "Host":
        self.storage.close()
        self.__post_init__()
        return await self.starts()

    def write(self, text: str, name: str = "1.yaml") -> None:
        (self.folder / name).write_text(text)

    async def saves(self, text: str, name: str = "1.yaml") -> None:
        """An operator edits a file on this host, and its process takes notice."""
        self.write(text, name)
        await self.watch.look()

    def runs_on(self, campaign: str = "echo") -> str:
        """The content hash of what is in force in this process."""
        book = self.rulebooks.active.get(campaign)
        return book.hash if book else ""

    async def active(self, campaign: str = "echo") -> str:
        """The content hash of what is in force in the database."""
        row = await self.storage.read(lambda t: t.campaigns.get(campaign))
        return row["rules"] if row else ""

    async def begin(self, campaign: str) -> None:
        await self.storage.run(lambda t: t.campaigns.set_status(campaign, "active", START))

    async def give(self, campaign: str, phone: str, **fields: Any) -> None:
        row = Given(next(NUMBERS), {"phone": phone}, fields, ())
        now = self.tick()
        await self.storage.run(lambda t: keep_participants(t, campaign, [row], source="api", now=now))

    async def hear(self, phone: str, text: str = "hello") -> None:
        event = message_event(SMS, InboundMessage(f"SM{next(NUMBERS)}", phone, text), self.tick())
        await self.storage.run(lambda t: t.inbox.keep([event]))

    def tick(self) -> datetime:
        self.clock.advance_to(self.clock.now() + timedelta(milliseconds=1))
        return self.clock.now()

    async def take(self, shard: int) -> Worker | None:
        """The worker with its turn to decide this shard; None while another is in the middle of a batch."""
        turn = Turn({shard})
        if not await self.storage.run(lambda t: t.shards.take(turn.shards, turn.id)):
            return None
        return replace(self.worker, storage=self.storage.fenced(turn), shards=(shard,))

    async def works(self) -> None:
        """Decide whatever waits, shard by shard, as long as nobody else takes one."""
        for shard in await self.waiting():
            worker = await self.take(shard)
            with suppress(LeaseLost):
                while worker and await worker.work_once():
                    pass

    async def waiting(self) -> list[int]:
        events = await self.storage.read(lambda t: t.inbox.waiting(1_000))
        return sorted({shard_of(event.lane) for event in events})

    async def versions(self) -> dict[str, list[str]]:
        """The content hashes of the rules by which each lane was decided, in the order of its events."""
        rows = await self.storage.read(lambda t: t.decisions.history(0, 10_000))
        lanes: dict[str, list[str]] = {}
        for row in rows:
            lanes.setdefault(row["customer"], []).extend(part["rules"] for part in row["log"] if "rules" in part)
        return lanes


@contextmanager
def hosts(url: str, folder: Path, *projects: Project) -> Iterator[list[Host]]:
    """So many hosts, one with each of these projects."""
    made = [Host(url, folder / f"host{number}", project) for number, project in enumerate(projects, 1)]
    with made[0].storage.transaction() as t:
        t.shards.ensure()
    try:
        yield made
    finally:
        for host in made:
            host.storage.close()


async def at_once(*works: Any) -> None:
    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(work)
