"""A gateway of several processes on one PostgreSQL, and the providers, as the processes that they are."""

import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from gateway.demo.play import free_port
from gateway.settings import SANDBOX_API_TOKEN
from storage.database import Storage
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.chaos.processes import Child, until
from tests.chaos.project import Project
from tests.crash.processes import POINTSMAN, Line, transcript

BEARER = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}"}
UP_SECONDS = 150.0  # processes that start together on a busy machine take their time


@dataclass
class Member:
    """One process: its role, and where it listens."""

    role: str
    port: int
    child: Child

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass
class Fleet:
    """The processes of one project. The first ingress is where the providers call."""

    project: Project
    http: aiohttp.ClientSession
    members: list[Member] = field(default_factory=list)

    def add(self, *roles: str) -> Member:
        """Start one more process with these roles."""
        number = len(self.members) + 1
        port = self.project.port if not self.members else free_port()
        own = {"POINTSMAN_PORT": str(port), "POINTSMAN_SPOOL": f"spool-{number}.db"}
        command = (*POINTSMAN, "run", "-C", str(self.project.folder), *(f"--role={role}" for role in roles))
        output = self.project.folder / f"{'-'.join(roles)}-{number}.log"
        member = Member("-".join(roles), port, Child(command, output, self.project.environment() | own))
        member.child.start()
        self.members.append(member)
        return member

    async def up(self) -> None:
        """Every process that runs is ready."""
        for member in self.members:
            if member.child.runs:
                await until(partial(self.is_ready, member), f"{member.role} to come up", UP_SECONDS)

    async def is_ready(self, member: Member) -> bool:
        assert member.child.runs, member.child.last_words()
        return (await self.ask(f"{member.url}/readyz"))[0] == 200

    async def ask(self, url: str) -> tuple[int, Any]:
        """Status and JSON of an answer; (0, None) where nobody answers."""
        try:
            async with self.http.get(url, headers=BEARER) as answer:
                return answer.status, await answer.json() if answer.content_type == "application/json" else None
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, None

    def seen(self) -> Counter[Line]:
        """What the providers took and delivered."""
        return transcript(self.project.journal) if self.project.journal.exists() else Counter()

    def holder_of(self, lease: str) -> Member:
        """The process that has this lease now."""
        with closing(Storage(self.project.database)) as storage, storage.reading() as t:
            pid = int(t.leases.holders()[lease].split(":")[1])
        return next(member for member in self.members if member.child.process and member.child.process.pid == pid)

    async def stop(self) -> None:
        """Nothing of this is left running."""
        for member in self.members:
            await member.child.kill()


@asynccontextmanager
async def fleet(folder: Path, database: str, processes: Sequence[Sequence[str]]) -> AsyncIterator[tuple[Fleet, Load]]:
    """These processes at work, with everybody enrolled; they are gone after the block."""
    project = Project(folder / "project", database, free_port(), free_port())
    project.write()
    provider = Child(
        (sys.executable, "-m", "tests.chaos.provider", str(project.folder), str(project.provider_port)),
        folder / "provider.log",
    )
    provider.start()
    async with aiohttp.ClientSession() as http:
        made, load = Fleet(project, http), Load(project, http, Ledger(), seed=1, pace=0.5)
        try:
            for roles in processes:
                made.add(*roles)
            await made.up()
            await load.enroll()
            yield made, load
        finally:
            await load.stop()
            await made.stop()
            await provider.kill()
