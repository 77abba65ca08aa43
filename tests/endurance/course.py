"""The course of an endurance run: so many webhooks, the program looked at all along, and an end at rest."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import aiohttp

from gateway.demo.play import free_port
from tests.chaos import processes
from tests.chaos.grounds import ground
from tests.chaos.processes import Stuck, until
from tests.crash.processes import POINTSMAN
from tests.endurance.load import Load
from tests.endurance.looks import Counting, Look, look
from tests.endurance.project import LastingProject

WARM = 50_000  # events until whatever is kept in memory for good is there; in a short run, half of all
LOOKS = 100  # that are kept
LINES = 20  # of them told; each time the operator saves the rule file anew
EVERY = 0.5  # seconds between two looks at what is owed
MOST_OWED = 400  # events and messages that wait before those who ask hold back: they must not outrun the providers
REST = 300.0  # seconds for what is owed at the end
ANSWER_SECONDS = 15.0  # how long those who ask wait for an answer, as Twilio does


@dataclass(frozen=True)
class Course:
    """How many webhooks on which database, sqlite or postgres."""

    events: int
    database: str = "sqlite"

    @property
    def warm(self) -> int:
        return min(WARM, self.events // 2)

    @property
    def tenth(self) -> int:
        return self.events // 10


@dataclass
class Endured:
    """What was seen. ``looks`` are in the order of events, the first at the start, the last under load as the others;
    ``kinds`` counts what there is in the database, ``answers`` how often each status came, ``code`` the exit code."""

    looks: list[Look] = field(default_factory=list)
    at_rest: Look | None = None
    undecided: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    code: int = 0

    def after(self, events: int) -> Look:
        """The first look after so many events."""
        return next((one for one in self.looks if one.events >= events), self.looks[-1])


class Subject(processes.Subject):
    """`pointsman run` as it is, and its providers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gateway.command = POINTSMAN

    def arguments(self, point: str = "", number: int = 0) -> tuple[str, ...]:
        return "run", "-C", str(self.project.folder)

    @property
    def pid(self) -> int:
        """Its process. Raises `Stuck` when that has ended."""
        if self.gateway.process is None or not self.gateway.runs:
            raise Stuck(f"the gateway has ended by itself: {self.gateway.last_words()}")
        return self.gateway.process.pid

    async def waiting(self) -> int:
        """How many events are to be decided and messages to be sent; many, where nobody says."""
        ready = (await self.ask("GET", f"{self.project.url}/readyz"))[1] or {}
        return int(ready.get("waiting_events", MOST_OWED)) + int(ready.get("owed_messages", MOST_OWED))


@dataclass
class Run:
    """One run over a new project."""

    course: Course
    subject: Subject
    load: Load
    counting: Counting
    tell: Callable[[Look], None]
    endured: Endured = field(default_factory=Endured)

    @cached_property
    def marks(self) -> list[int]:
        """After how many events a look is kept."""
        return [self.course.events * number // LOOKS for number in range(LOOKS + 1)]

    async def go(self) -> None:
        """From the first webhook to the last. Raises `Stuck`."""
        await self.load.begin()
        asking = asyncio.create_task(self.load.go_on())
        try:
            while len(self.endured.looks) <= LOOKS:
                self._hold_back(owed := await self.subject.waiting())
                self._look(look(self.counting, self.subject.pid, owed))
                await asyncio.sleep(EVERY)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def end(self) -> None:
        """All that is owed is done, then it is stopped, and the database is asked what there was."""
        with suppress(Stuck):
            await until(self._rests, "rest", REST)
        self.endured.at_rest = look(self.counting, self.subject.pid)
        await self.subject.provider.kill()
        self.subject.gateway.send(signal.SIGTERM)
        self.endured.code = await self.subject.gateway.end()
        self.endured.answers, self.endured.kinds = self.load.answers, self.counting.kinds()
        self.endured.undecided = self.counting.undecided()

    async def _rests(self) -> bool:
        return await self.subject.waiting() == 0

    def _hold_back(self, owed: int) -> None:
        if owed > MOST_OWED:
            self.load.open.clear()
        else:
            self.load.open.set()

    def _look(self, now: Look) -> None:
        """Keep it for each mark that was passed, and tell it where one of them was a line's."""
        looks, before = self.endured.looks, len(self.endured.looks)
        while len(looks) <= LOOKS and now.events >= self.marks[len(looks)]:
            looks.append(now)
        lines = (len(looks) - 1) // (LOOKS // LINES)
        if not before or lines > (before - 1) // (LOOKS // LINES):
            self.tell(now)
            self.load.project.edit(lines)


async def endure(course: Course, folder: Path, tell: Callable[[Look], None]) -> Endured:
    """Run it over a new project in ``folder``; ``tell`` is given those looks that are told. Raises `Stuck`."""
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(ground(course.database, folder))
        project = LastingProject(folder, base.url, free_port(), free_port())
        project.write()
        http = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))
        )
        subject = Subject(project, http)
        stack.push_async_callback(subject.stop)
        await subject.provide()
        subject.launch()
        await subject.up()
        await shuffle(subject)
        counting = Counting(project.database)
        stack.callback(counting.close)
        run = Run(course, subject, Load(project, http), counting, tell)
        await run.go()
        await run.end()
        return run.endured


async def shuffle(subject: Subject) -> None:
    """Status callbacks come in any order; those of the other number twice."""
    await subject.tell("sms", webhooks={"shuffled": True})
    await subject.tell("other", webhooks={"shuffled": True, "twice": True})
