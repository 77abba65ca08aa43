"""One run: a gateway on a database, under load, killed and troubled, and its books at the end."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import aiohttp

from gateway.demo.play import free_port
from tests.chaos.books import Books, drawn_up, due_within
from tests.chaos.faults import CHANNELS, FAULTS, Fault
from tests.chaos.grounds import ground
from tests.chaos.kills import MIGRATION, Kill, drawn, kill
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.chaos.processes import Stuck, Subject, until
from tests.chaos.project import Project
from tests.chaos.stage import Stage

ANSWER_SECONDS = 15.0  # how long those who ask wait for an answer, as Twilio does
BREATH = 1.0  # seconds that it works undisturbed after a fault
CALM = 3.0  # seconds for which nothing must be owed: longer than any wait in the rules
LAST = 240.0  # seconds for all that is owed to come to its end
LOOK = 0.25  # seconds between two looks at what is owed
SOON = 300.0  # seconds within which a timer counts as owed: what waits for a lost callback waits for an hour, or days
TRACEBACK = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception)\b.*", re.MULTILINE)


@dataclass(frozen=True)
class Storm:
    """What is done: so many kills, and these scenarios between them, in an order that depends on ``seed`` alone."""

    database: str
    kills: int
    faults: tuple[Fault, ...]
    seed: int = 1
    pace: float = 1.0
    migration: tuple[Kill, ...] = MIGRATION

    def deeds(self, chance: random.Random) -> list[Kill | Fault]:
        """Everything to be done once the tables are there, in order."""
        deeds: list[Kill | Fault] = [drawn(chance) for _ in range(self.kills)]
        deeds += [fault for fault in self.faults if fault.only in ("", self.database)]
        chance.shuffle(deeds)
        return deeds


async def rage(storm: Storm, folder: Path) -> Books:
    """Let it pass over a new project in ``folder``; the books at the end. Raises `Stuck` only before it begins."""
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(ground(storm.database, folder))
        project = Project(folder, base.url, free_port(), free_port())
        project.write()
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        http = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
        )
        subject, ledger = Subject(project, http), Ledger()
        stack.push_async_callback(subject.stop)
        load = Load(project, http, ledger, storm.seed, storm.pace)
        stack.push_async_callback(load.stop)
        stage = Stage(subject, base, load, ledger, random.Random(storm.seed))  # noqa: S311 - the same storm each time
        await begin(stage, storm.migration)
        for deed in storm.deeds(stage.chance):
            await do(stage, deed)
        await end(stage)
        return closed(stage)


async def begin(stage: Stage, migration: Sequence[Kill]) -> None:
    """Kill it while it makes its tables, then let the load begin."""
    await stage.subject.provide()
    for one in migration:
        await kill(stage, one)
    await stage.subject.up()
    await stage.load.enroll()
    await stage.load.start()


async def do(stage: Stage, deed: Kill | Fault) -> None:
    """One kill or one scenario; told as it begins."""
    stage.ledger.during = deed.name if isinstance(deed, Fault) else str(deed)
    began = monotonic()
    try:
        if isinstance(deed, Fault):
            await stage.subject.up()
            await deed.act(stage)
            await stage.subject.up()
            await stage.lasts(BREATH)
            stage.deeds["scenarios"] += 1
        else:
            await kill(stage, deed)
    except Stuck as stuck:
        stage.complain(str(stuck))
    print(f"  {stage.ground.name:8} {monotonic() - began:5.1f} s  {stage.ledger.during}", flush=True)


async def end(stage: Stage) -> None:
    """Nothing is done to it any more, and it does what it still owes; then it is stopped."""
    stage.ledger.during, began = "the end", monotonic()
    try:
        await healed(stage)
        await stage.subject.up()
        await stage.load.finish()
        await rest(stage)
    except Stuck as stuck:
        stage.complain(str(stuck))
    print(f"  {stage.ground.name:8} {monotonic() - began:5.1f} s  {stage.ledger.during}", flush=True)
    await stage.subject.stop()


async def healed(stage: Stage) -> None:
    """The providers are well: what they were told to do to "the next eight requests" would else be met once for each
    rest of a channel that has had no answer so far, and the last of these rests take minutes."""
    for channel in CHANNELS:
        await stage.subject.tell(channel, heal=True)


async def rest(stage: Stage) -> None:
    """Return once nothing was owed for `CALM` seconds. Raises `Stuck`."""
    project, quiet_since = stage.subject.project, monotonic()
    left: dict[str, int] = {}

    def timers() -> dict[str, int]:
        return {"timers": count} if (count := due_within(project, SOON)) else {}

    async def calm() -> bool:
        nonlocal quiet_since, left
        if left := await stage.subject.owed() or timers():
            quiet_since = monotonic()
        return monotonic() - quiet_since > CALM

    try:
        await until(calm, "rest", LAST, LOOK)
    except Stuck as stuck:
        raise Stuck(f"{stuck}; still owed: {left}") from None


def closed(stage: Stage) -> Books:
    """The books, with what else was to be complained of."""
    name = f"{stage.ground.name}: {stage.kills} kills, " + ", ".join(f"{n} {what}" for what, n in stage.deeds.items())
    books = drawn_up(stage.subject.project, stage.ledger, name)
    books.wrong += stage.complaints
    ended = Counter(stage.subject.alone)
    told = [f"  ended by itself {count} times: {words}" for words, count in ended.items()]
    noticed = Counter(TRACEBACK.findall(stage.subject.gateway.output.read_text("utf-8", "replace")))
    told += [f"  logged {count} times: {words[:200]}" for words, count in noticed.most_common(12)]
    print("\n".join(told), flush=True)
    return books


def scenarios(count: int, seed: int) -> tuple[Fault, ...]:
    """So many of them, chosen by the seed; all where there are no more."""
    return tuple(random.Random(seed).sample(FAULTS, min(count, len(FAULTS))))  # noqa: S311
